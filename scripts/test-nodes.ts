import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { errorText } from '../src/common/error-text.js';
import { print, say } from './shared/console.js';
import { installNode } from './test-nodes/install-node.js';
import { installProject, runTests, tryService } from './test-nodes/steps.js';
import { asTable, type Report } from './test-nodes/table.js';

const PROJECT = join(import.meta.dirname, '..');

/** The versions that are supported; without words on the command line all of them are tried. */
const SUPPORTED = ['22', '24', '26'];

/** At the top: what is made from the sources, or belongs to this place alone. */
const LEFT_OUT = new Set(['node_modules', 'build', 'dist', 'data', 'coverage', '.git', '.env']);

/** `npm run test:nodes -- 24 26`: installs, builds, starts and tests a copy of the project on other versions of Node. */
async function tryNode(version: string): Promise<Report> {
  const place = mkdtempSync(join(tmpdir(), `node-${version}-`));
  const report: Report = { version, seconds: {}, memory: undefined, failure: undefined };
  const timed = async <Result>(name: string, work: () => Result | Promise<Result>): Promise<Result> => {
    say(`== Node ${report.version}: ${name}`);
    const begin = performance.now();
    const result = await work();
    report.seconds[name] = (performance.now() - begin) / 1_000;
    return result;
  };
  try {
    const node = await timed('fetch', () => installNode(version, join(place, 'node')));
    report.version = node.version;
    const project = join(place, 'project');
    cpSync(PROJECT, project, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(relative(PROJECT, path)),
    });
    await timed('install', () => installProject(project, node));
    await timed('build', () => node.run(project, 'npm', 'run', 'build'));
    report.memory = await timed('service', () => tryService(project, node));
    await timed('tests', () => runTests(project, node));
  } catch (error) {
    report.failure = errorText(error);
    say(`== Node ${report.version} FAILED: ${report.failure}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return report;
}

const words = process.argv.slice(2);
const reports: Report[] = [];
for (const version of words.length > 0 ? words : SUPPORTED) reports.push(await tryNode(version));
print(asTable(reports));
if (reports.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
