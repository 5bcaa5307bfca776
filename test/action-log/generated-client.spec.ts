import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { closeAfterAll } from '../support/close-after-all.js';
import { createSqlite } from '../support/databases/stores.js';
import { openApiDocument } from '../support/http/openapi.js';
import { startService } from '../support/service/service.js';

const run = promisify(execFile);
const MODULES = resolve('node_modules');

/**
 * A program that uses the generated client: it records actions, reads them page by page, and imports lines. It prints
 * what it has read.
 */
const PROGRAM = `
import { client } from './client/client.gen.js';
import {
  type FinishActionError,
  type ImportActionsError,
  addActionEvents,
  beginActions,
  finishAction,
  finishActionEvent,
  importActions,
  listActionEntries,
  listActions,
  showAction,
} from './client/index.js';

const [, , baseUrl = '', serviceToken = '', readerToken = ''] = process.argv;
client.setConfig({ baseUrl, headers: { 'X-Auth-Token': serviceToken } });
const headers = { 'X-Auth-Token': readerToken };
const project_id = '453265';
const server_id = '7d3f0c52-6f0e-4b8e-9a55-2d1c6a0f4e11';

const server = { id: server_id, project_id };
const actions = ['first', 'second', 'third'].map((action) => ({ action, external_id: action, server }));
const begun = await beginActions({ body: { actions }, throwOnError: true });
const [action] = begun.data.actions;
if (action === undefined) throw new Error('the response has no action');
const path = { id: action.id };
const added = await addActionEvents({ path, body: { events: [{ event: 'write' }] }, throwOnError: true });
const [event] = added.data.events;
if (event === undefined) throw new Error('the response has no event');
const ofEvent = { ...path, event_id: event.id };
await finishActionEvent({ path: ofEvent, body: { result: 'Success' }, throwOnError: true });
await finishAction({ path, body: { status: 'success' }, throwOnError: true });

const listed: string[] = [];
const pages: number[] = [];
for (let cursor: string | undefined; ; ) {
  const query = { server_id: [server_id], limit: 2, ...(cursor === undefined ? {} : { cursor }) };
  const { data } = await listActions({ query, headers, throwOnError: true });
  pages.push(data.actions.length);
  listed.push(...data.actions.map((one) => one.action + ' ' + one.status));
  if (data.next === undefined) break;
  cursor = new URL(data.next).searchParams.get('cursor') ?? undefined;
}

const shown = await showAction({ path, headers, throwOnError: true });
const history = await listActionEntries({ path, headers, throwOnError: true });

/** Returns the facts of a problem. */
function problemOf(error: FinishActionError | ImportActionsError | undefined): object | undefined {
  if (error === undefined || !('request_id' in error)) return undefined;
  return { type: error.type, status: error.status, kept: error.kept_lines, errors: error.errors };
}

const again = await finishAction({ path, body: { status: 'error' } });
const line = JSON.stringify({ id: 1, server_id, project_id, action: 'fourth', status: 'success' });
// The generator does not know that lines are a text, which the client must send unchanged.
const imported = await importActions({ body: line + '\\n{}\\n', bodySerializer: null });

console.log(
  JSON.stringify({
    listed,
    pages,
    events: shown.data.events.map(({ event: name, result }) => [name, result]),
    entries: history.data.entries.map(({ kind }) => kind),
    again: problemOf(again.error),
    imported: problemOf(imported.error),
  }),
);
`;

const OPTIONS = {
  ...{ target: 'ES2023', lib: ['ES2023', 'DOM', 'DOM.Iterable'], module: 'nodenext' },
  ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: true, types: ['node'] },
};

const keep = closeAfterAll();

it('a client that a generator makes from the OpenAPI document has correct types, and reads, records and imports actions', async () => {
  const store = keep(await createSqlite());
  const service = keep(await startService({ DATABASE_URL: store.url, TOKENS_FILE: '' }));
  const folder = await mkdtemp(join(tmpdir(), 'client-'));
  keep({ remove: () => rm(folder, { recursive: true }) });
  const inFolder = (name: string): string => join(folder, name);
  await symlink(MODULES, inFolder('node_modules'));
  await writeFile(inFolder('openapi.json'), JSON.stringify(await openApiDocument(service)));
  await writeFile(inFolder('package.json'), '{"type": "module"}');
  await writeFile(inFolder('program.ts'), PROGRAM);
  await writeFile(
    inFolder('tsconfig.json'),
    JSON.stringify({ compilerOptions: OPTIONS, files: ['program.ts'] }),
  );

  const generator = join(MODULES, '@hey-api', 'openapi-ts', 'bin', 'run.js');
  const generate = ['-i', 'openapi.json', '-o', 'client', '-c', '@hey-api/client-fetch', '--silent'];
  await run(process.execPath, [generator, ...generate], { cwd: folder });
  const checked = run(process.execPath, [join(MODULES, 'typescript', 'bin', 'tsc'), '-p', folder]).catch(
    (error: unknown) => error as { stdout: string },
  );
  const program = inFolder('program.js');
  await build({
    ...{
      entryPoints: [inFolder('program.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    },
  });
  const { stdout } = await run(process.execPath, [program, service.url, 'demo-service', 'demo-tenant']);

  expect((await checked).stdout).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    listed: ['third running', 'second running', 'first success'],
    pages: [2, 1],
    events: [['write', 'Success']],
    entries: ['action', 'action', 'action', 'action'],
    again: { type: '/action-log/problems/already-finished', status: 409 },
    imported: {
      ...{ type: '/action-log/problems/invalid-line', status: 400, kept: 1 },
      errors: [{ pointer: '/status', detail: 'the property is required' }],
    },
  });
});
