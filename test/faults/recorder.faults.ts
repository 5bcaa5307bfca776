import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb, type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { Relay } from '../support/http/relay.js';
import { run } from '../support/process/run.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { until } from '../support/time/until.js';
import { expireLeases, heldLeases, RecordedCloud } from './support/recorded-cloud.js';

const keep = closeAfterAll();

let cloud: RecordedCloud;
let store: PrivateMariaDb;
/** The relay between the recorders and the store. */
let relay: Relay;
let storeUrl: string;

beforeAll(async () => {
  cloud = keep(await RecordedCloud.create(await mariaDb(), 'failures of the recorder'));
  store = keep(await privateMariaDb());
  storeUrl = await store.createDatabase('record');
  await migrateOwnStore(storeUrl);
  relay = keep(await Relay.to(Number(new URL(storeUrl).port)));
});

afterEach(async () => {
  await cloud.stopRecorders();
  await expireLeases(storeUrl);
});

function throughRelay(): string {
  return storeUrl.replace(`:${relay.target}/`, `:${relay.port}/`);
}

describe('the recorder during failures', () => {
  it('a recorder that is killed and started again has recorded all rows, each once', async () => {
    let recorder = await cloud.record(storeUrl);
    await cloud.interrupted('Recorder killed (`kill -9`) and started again', storeUrl, {
      begin: () => recorder.kill(),
      end: async () => {
        await expireLeases(storeUrl);
        recorder = await cloud.record(storeUrl);
      },
    });
  });

  it('a recorder that is stopped longer than its lease cannot write after it continues, because another one has taken over', async () => {
    const first = await cloud.record(storeUrl);
    await until(async () => (await heldLeases(storeUrl)).length === 3, 'the first recorder holds all leases');
    const second = await cloud.record(storeUrl);
    await cloud.interrupted(
      'Recorder stopped (SIGSTOP) until another one has taken over, and continued',
      storeUrl,
      {
        begin: async () => {
          first.signal('SIGSTOP');
          await expireLeases(storeUrl);
        },
        end: async () => {
          await cloud.untilComplete(storeUrl);
          first.signal('SIGCONT');
          await until(
            () => first.output.split('another process now records the cell').length > 3,
            'the first recorder has noticed that it lost all leases',
          );
          expect(second.isRunning).toBe(true);
        },
      },
    );
  });

  it('a recorder loses no rows while the MariaDB of the store is killed and started again', async () => {
    const recorder = await cloud.record(storeUrl);
    await cloud.interrupted('MariaDB of the store killed (`kill -9`) and started again', storeUrl, {
      begin: () => store.kill(),
      end: () => store.start(),
    });
    expect(recorder.output).toContain('is interrupted');
  });

  it('a recorder loses no rows while the network between it and the store is silent', async () => {
    const recorder = await cloud.record(throughRelay());
    await cloud.interrupted('Network between the recorder and the store silent', storeUrl, {
      begin: async () => {
        relay.fallSilent();
        await until(() => recorder.output.includes('is interrupted'), 'the recorder notices it');
      },
      end: () => relay.resume(),
    });
  });

  it('a recorder continues to record the other cells while the API database is unreachable, one cell closes its connections and another one is silent', async () => {
    const recorder = await cloud.record(storeUrl);
    const reports = ['the cell cell1 cannot be read', 'the cell cell2 cannot be read'];
    await cloud.interrupted(
      "Nova's API database and one cell unreachable, and another cell silent",
      storeUrl,
      {
        begin: async () => {
          await cloud.api.refuse();
          await cloud.cell(1).relay.refuse();
          cloud.cell(2).relay.fallSilent();
          await until(
            () => reports.every((report) => recorder.output.includes(report)),
            'the recorder reports both cells',
          );
        },
        end: async () => {
          await cloud.untilComplete(storeUrl, [cloud.cell(0)]);
          await until(
            () => recorder.output.includes('cannot update the list of cells'),
            'the recorder reports the API database',
          );
          for (const relay of [cloud.api, cloud.cell(1).relay, cloud.cell(2).relay]) await relay.resume();
        },
      },
    );
  });

  it('a recorder copies all newer rows of Nova after the store was restored from a backup', async () => {
    const url = await store.createDatabase('record');
    await migrateOwnStore(url);
    const workplace = keep(await WorkingFolder.create());
    await cloud.record(url);
    let backup = '';
    await cloud.interrupted('Store restored from a backup', url, {
      begin: async () => {
        backup = await client('mariadb-dump', url, ['--single-transaction']);
      },
      end: async () => {
        await cloud.untilComplete(url);
        await cloud.stopRecorders();
        const before = await recordId(url);
        await client('mariadb', url, [], backup);
        await expireLeases(url);
        const rebuild = workplace.launch(
          { DATABASE_URL: url },
          { program: 'rebuild.js', options: ['--restored'] },
        );
        expect([await rebuild.exited(), rebuild.stderr]).toEqual([0, '']);
        expect(await recordId(url)).not.toBe(before);
        await cloud.record(url);
      },
    });
  });
});

/** Runs a client program of MariaDB on a database. @returns its output */
async function client(
  program: string,
  url: string,
  options: readonly string[],
  input?: string,
): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const login = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, `--password=${password}`];
  const words = ['--no-defaults', ...login, '--skip-ssl', ...options, pathname.slice(1)];
  const { code, out, err } = await run(program, words, input === undefined ? {} : { input });
  expect([code, err]).toEqual([0, '']);
  return out;
}

async function recordId(url: string): Promise<unknown> {
  const source = await ownStore(url).initialize();
  const [head] = await source.query<{ record_id: string }[]>('SELECT record_id FROM record_head');
  await source.destroy();
  return head?.record_id;
}
