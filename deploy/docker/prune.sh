# usage: sh prune.sh NODE_MODULES
# Removes the files of packages that the service does not read at run time. It runs from the bundle in dist/, which loads
# better-sqlite3, with its binary for this machine, and swagger-ui-dist. Of every package, package.json and the licence
# stay: scanners look for the first, and the licence asks for itself.
set -eu
cd "$1"
find . ! -type d \
  ! -name package.json ! -iname 'licen[cs]e*' ! -iname 'notice*' ! -iname 'copying*' \
  ! -path './better-sqlite3/lib/*.js' ! -path './better-sqlite3/build/Release/better_sqlite3.node' \
  ! -path "./better-sqlite3/prebuilds/linux-$(node -p process.arch).node" \
  ! -path './swagger-ui-dist/*.js' ! -path './swagger-ui-dist/*.css' ! -path './swagger-ui-dist/*.png' \
  -delete
find . -type d -empty -delete
