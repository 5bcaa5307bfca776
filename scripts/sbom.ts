import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { print, say } from './shared/console.js';
import { type Bill, type Lock, missingComponents } from './supply-chain/missing-components.js';
import { disallowedLicences } from './supply-chain/disallowed-licences.js';

/**
 * Writes a bill of materials in the CycloneDX format, and checks the licence of each package. The exit code is 1 if the
 * bill lacks a package, or if a licence is not allowed. The bill also lists the packages for development, and marks
 * them as such. The option `--omit dev` is not used, because it would also omit packages that the service needs.
 */
const FILE = 'sbom.cdx.json';
const words = ['sbom', '--sbom-format', 'cyclonedx'];
const { stdout } = spawnSync('npm', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const bill = JSON.parse(stdout) as Bill;
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
writeFileSync(FILE, stdout);
const missing = missingComponents(bill, lock).map((name) => `${FILE} lacks ${name}`);
const refused = disallowedLicences(lock).map(
  (name) => `the licence of ${name} is not allowed in scripts/supply-chain/disallowed-licences.ts`,
);
for (const problem of [...missing, ...refused]) say(problem);
if (missing.length + refused.length > 0) process.exitCode = 1;
else print(`${FILE}: ${bill.components?.length ?? 0} packages; all licences are allowed`);
