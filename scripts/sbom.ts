import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { print, say } from './shared/console.js';
import { type Bill, type Lock, missingComponents } from './supply-chain/missing-components.js';

/**
 * Writes down what the service is made of, in CycloneDX's form. Exit code 1 where anything of it is missing. What is for
 * development alone is marked as such: `--omit dev` would also leave out what both need.
 */
const FILE = 'sbom.cdx.json';
const words = ['sbom', '--sbom-format', 'cyclonedx'];
const { stdout } = spawnSync('npm', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const bill = JSON.parse(stdout) as Bill;
const missing = missingComponents(bill, JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock);
writeFileSync(FILE, stdout);
if (missing.length === 0) print(`${FILE}: ${bill.components?.length ?? 0} packages`);
else {
  say(`${FILE} lacks ${missing.join(', ')}`);
  process.exitCode = 1;
}
