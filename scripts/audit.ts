import { spawnSync } from 'node:child_process';
import { print, say } from './shared/console.js';
import { judgeAudit } from './supply-chain/judge-audit.js';

/** Asks the registry what is known of the packages. Exit code 1 for any vulnerability, and for an answer that is none. */
const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
const judgement = judgeAudit(JSON.parse(stdout));
if (judgement.kind === 'clean') print('npm audit: no vulnerability is known');
if (judgement.kind === 'not asked') say(`npm audit: NOT CHECKED: ${judgement.why}`);
if (judgement.kind === 'vulnerable') {
  say(`npm audit: ${judgement.packages.join(', ')}; "npm audit" tells more`);
  process.exitCode = 1;
}
