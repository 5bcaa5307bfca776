import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { errorText } from '../src/common/error-text.js';
import { Guardian } from '../test/support/process/guardian.js';
import { startKeystone } from '../test/support/keystone/keystone.js';
import { keystoneSettings, signIn } from '../test/support/keystone/settings.js';
import { mariaDb } from '../test/support/databases/mariadb.js';
import { startNovaApi } from '../test/support/nova/api.js';
import { fixtureRows } from '../test/support/nova/rows-fixture.js';
import { loadNovaRows } from '../test/support/nova/rows-load.js';
import { print, say } from './shared/console.js';

const HELP = `Starts a real Nova on this machine, to record its responses, and stops it when you press Ctrl-C.

  npm run nova

It starts MariaDB, Keystone and nova-api (Nova 26.2, microversions 2.1 to 2.93) on free ports of 127.0.0.1. Nova's
three cells contain the rows of test/conformance/fixture.json. The Debian packages are mariadb-server, keystone,
nova-common and uwsgi-plugin-python3. The start takes about a minute.

It writes three files to a temporary folder:
  tokens.json    a token for each persona of test/conformance/cases.ts, for "npm run conformance --tokens"
  settings.env   settings that make this service use the same Nova databases and the same Keystone
  my.cnf         options for the program mariadb to open Nova's API database

Ctrl-C stops the servers and removes all files. Exit code: 0 after Ctrl-C, 2 if a server cannot start.
`;

/** Functions that stop the servers and remove the files. They are called in reverse order. */
const undo: (() => Promise<unknown>)[] = [];

async function stopAll(): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

async function start(): Promise<void> {
  const server = await mariaDb();
  undo.push(() => server.stop());
  say('MariaDB is ready');
  const keystone = await startKeystone();
  undo.push(() => keystone.stop());
  say('Keystone is ready');
  const nova = await startNovaApi({ server, keystone });
  undo.push(() => nova.stop());
  await loadNovaRows(nova.databases, fixtureRows());
  await analyse([nova.databases.cell1, nova.databases.cell2]);
  say('Nova is ready');
  const folder = await mkdtemp(join(tmpdir(), 'nova-'));
  const guardian = new Guardian(folder);
  undo.push(() => guardian.end());
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const settings = { NOVA_API_DATABASE_URL: nova.apiDatabaseUrl, ...keystoneSettings(keystone) };
  const tokensFile = await write('tokens.json', JSON.stringify(await signIn(keystone)));
  const settingsFile = await write(
    'settings.env',
    Object.entries({ ...settings, WWW_AUTHENTICATE_URI: keystone.rootUrl })
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
  const client = await write('my.cnf', optionFile(nova.databases.api));
  print(`nova-api   ${nova.url}
Keystone   ${keystone.url}
tokens     ${tokensFile}
settings   ${settingsFile}

Record responses of Nova:
  npm run --silent conformance -- ${nova.url} --tokens ${tokensFile} --record cases.jsonl > answers.jsonl
Start this service on the same databases, and compare its answers:
  (set -a; . ${settingsFile}; npm start)
  npm run conformance -- http://127.0.0.1:8774 --tokens ${tokensFile} --answers answers.jsonl
Read Nova's tables, or add rows:
  mariadb --defaults-file=${client}
Press Ctrl-C to stop everything.`);
  // Until this line, a signal terminates this process at once. Separate guardian processes then stop the servers and
  // remove the files.
  const signals = (['SIGINT', 'SIGTERM'] as const).map((name) => once(process, name));
  // Signal listeners alone do not keep the process running, so a timer does.
  const clock = setInterval(() => undefined, 60_000);
  await Promise.race(signals);
  clearInterval(clock);
}

/**
 * Updates MariaDB's index statistics. From them MariaDB chooses the index for a query, and the index determines the
 * order of some lists.
 */
async function analyse(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const connection = await createConnection(url);
    await connection.query('ANALYZE TABLE instances, migrations');
    await connection.end();
  }
}

/** Returns the content of an option file with which `mariadb --defaults-file` opens the database. */
function optionFile(url: string): string {
  const { hostname, port, username, password, pathname } = new URL(url);
  const options = { host: hostname, port, user: username, password, database: pathname.slice(1) };
  return ['[client]', ...Object.entries(options).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

if (process.argv.includes('--help')) {
  process.stdout.write(HELP);
} else {
  try {
    await start();
  } catch (error) {
    process.exitCode = 2;
    say(errorText(error));
  } finally {
    await stopAll();
  }
}
