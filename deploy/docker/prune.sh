# usage: sh prune.sh NODE_MODULES
# Removes all files in NODE_MODULES that the service does not read at run time. At run time, the bundle in dist/ loads only
# two packages: better-sqlite3, with its binary for this machine, and swagger-ui-dist. The package.json and the licence of
# every package are not removed: vulnerability scanners read package.json, and licences must be distributed with the
# software.
set -eu
cd "$1"
find . ! -type d \
  ! -name package.json ! -iname 'licen[cs]e*' ! -iname 'notice*' ! -iname 'copying*' \
  ! -path './better-sqlite3/lib/*.js' ! -path './better-sqlite3/build/Release/better_sqlite3.node' \
  ! -path "./better-sqlite3/prebuilds/linux-$(node -p process.arch).node" \
  ! -path './swagger-ui-dist/*.js' ! -path './swagger-ui-dist/*.css' ! -path './swagger-ui-dist/*.png' \
  -delete
find . -type d -empty -delete
