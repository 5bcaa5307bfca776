import { spawnSync } from 'node:child_process';
import { print, say } from './shared/console.js';
import { evaluateAudit } from './supply-chain/evaluate-audit.js';

/**
 * Runs `npm audit`. The exit code is 1 if a package has a known vulnerability, or if the output of `npm audit` is
 * invalid.
 */
const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
const result = evaluateAudit(JSON.parse(stdout));
if (result.kind === 'clean') print('npm audit: no known vulnerability');
if (result.kind === 'not checked') say(`npm audit: NOT CHECKED: ${result.why}`);
if (result.kind === 'vulnerable') {
  say(`npm audit: ${result.packages.join(', ')}; run "npm audit" for details`);
  process.exitCode = 1;
}
