import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { errorText } from '../src/common/error-text.js';
import { print, say } from './shared/console.js';
import { installNode } from './test-nodes/install-node.js';
import { installProject, runTests, loadService } from './test-nodes/steps.js';
import { asTable, type Report } from './test-nodes/table.js';

const PROJECT = join(import.meta.dirname, '..');

/** The supported major versions of Node. The script tests all of them if the command line names no version. */
const SUPPORTED = ['22', '24', '26'];

/**
 * Files at the top of the project that are not copied: generated files, and files that belong only to this working
 * copy.
 */
const NOT_COPIED = new Set(['node_modules', 'build', 'dist', 'data', 'coverage', '.git', '.env']);

/**
 * `npm run test:nodes -- 24 26`: installs, builds, starts and tests a copy of the project on other versions of Node.
 */
async function testNode(version: string): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), `node-${version}-`));
  const report: Report = { version, seconds: {}, memory: undefined, failure: undefined };
  const timed = async <Result>(name: string, work: () => Result | Promise<Result>): Promise<Result> => {
    say(`== Node ${report.version}: ${name}`);
    const begin = performance.now();
    const result = await work();
    report.seconds[name] = (performance.now() - begin) / 1_000;
    return result;
  };
  try {
    const node = await timed('fetch', () => installNode(version, join(folder, 'node')));
    report.version = node.version;
    const project = join(folder, 'project');
    cpSync(PROJECT, project, {
      recursive: true,
      filter: (path) => !NOT_COPIED.has(relative(PROJECT, path)),
    });
    await timed('install', () => installProject(project, node));
    await timed('build', () => node.run(project, 'npm', 'run', 'build'));
    report.memory = await timed('service', () => loadService(project, node));
    await timed('tests', () => runTests(project, node));
  } catch (error) {
    report.failure = errorText(error);
    say(`== Node ${report.version} FAILED: ${report.failure}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

const versions = process.argv.slice(2);
const reports: Report[] = [];
for (const version of versions.length > 0 ? versions : SUPPORTED) reports.push(await testNode(version));
print(asTable(reports));
if (reports.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
