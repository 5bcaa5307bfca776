import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Namespace } from '../support/process/namespace.js';
import { reservePort } from '../support/http/port.js';
import { EXAMPLE_PATH } from '../support/process/process.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore } from '../support/databases/own-store.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { run } from '../support/process/run.js';
import { until } from '../support/time/until.js';
import { underLoad } from './support/load.js';
import { RecordedCloud } from './support/recorded-cloud.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { untilTwoWorkersAnswer } from './support/workers.js';
import { closeAfterAll } from '../support/close-after-all.js';

const SIZE = '16m';

let namespace: Namespace;
/** The mount point of a small file system. The kernel removes it together with the namespace. */
let disk: string;

const keep = closeAfterAll();

beforeAll(async () => {
  namespace = keep(await Namespace.create('mount'));
  disk = await mkdtemp(join(tmpdir(), 'disk-'));
  await namespace.run('mount', '-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', disk);
});

afterAll(async () => {
  await rmdir(disk);
});

const FILLER = 'filler';

/** Fills the small file system. @param folder its path for the test */
async function fill(folder = namespace.path(disk)): Promise<void> {
  const file = await open(`${folder}/${FILLER}`, 'w');
  try {
    for (const size of [1_048_576, 4_096, 1]) {
      const piece = Buffer.alloc(size);
      while ((await file.write(piece).catch(() => ({ bytesWritten: 0 }))).bytesWritten > 0);
    }
  } finally {
    await file.close();
  }
}

function freeSpace(folder = namespace.path(disk)): Promise<void> {
  return rm(`${folder}/${FILLER}`);
}

async function start(store: string, more: Readonly<Record<string, string>> = {}): Promise<FaultedService> {
  const port = await reservePort();
  await port.release();
  return FaultedService.start(
    { DATABASE_URL: `sqlite://${disk}/${store}`, PORT: String(port.port), ...more },
    namespace.commandPrefix(),
  );
}

describe('an SQLite database on a full disk', () => {
  it('with SQLite on a full disk, the service returns correct responses, even from a worker that starts while the disk is full', async () => {
    const filled = await recordedStore();
    await copyFile(filled.url.replace('sqlite://', ''), namespace.path(`${disk}/actions.sqlite`));
    await filled.remove();
    const service = await start('actions.sqlite', { WORKERS: '2' });
    const path = `${disk}/actions.sqlite`;
    try {
      await untilTwoWorkersAnswer(service, path);
      const [first = 0, second = 0] = service.process.children;
      const outcome = await underLoad(
        service.url,
        {
          begin: async () => {
            await fill();
            process.kill(first, 'SIGKILL');
            await untilTwoWorkersAnswer(service, path);
            // The replacement of the first worker has started while the disk is full. The second worker started before,
            // so the test kills it too.
            process.kill(second, 'SIGKILL');
          },
          lasts: 1_000,
          end: () => freeSpace(),
        },
        { mayBeCutOff: true },
      );
      expect(outcome.cutOff).toBeGreaterThan(0);
      expect(outcome.cutOff).toBeLessThanOrEqual(2 * outcome.callers);
      expect(outcome.right).toBe(outcome.asked);
      service.expectHealthy();
      reportOutcome('Disk of the embedded store full, and each of two workers killed', outcome);
    } finally {
      await service.remove();
    }
  });

  it('the service on a full disk logs one line that it cannot create an SQLite database, and creates the database once the disk has space', async () => {
    await fill();
    await expect(start('new.sqlite')).rejects.toThrow(
      /nova-action-log cannot start: DATABASE_URL: the store cannot be opened: [^\n]*full[^\n]*\n$/,
    );
    await freeSpace();
    const service = await start('new.sqlite');
    expect((await service.process.get('token-of-tenant', EXAMPLE_PATH)).status).toBe(200);
    await service.remove();
  });
});

describe('the store of a recorder on a full disk', () => {
  let folder: string;

  // SQLite cannot open the file of another namespace, because it resolves the path. The test must read the store.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'disk-'));
    keep(() => rmdir(folder));
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder]);
    expect(mounted.err).toBe('');
    keep(() => run('umount', [folder]));
  });

  it('a recorder with an SQLite file on a full disk loses no rows, and continues when the disk has space again', async () => {
    const cloud = keep(await RecordedCloud.create(await mariaDb(), 'a full disk'));
    const url = `sqlite://${folder}/record.sqlite`;
    await migrateOwnStore(url);
    const recorder = await cloud.record(url);
    await cloud.interrupted("Disk of the recorder's embedded store full", url, {
      begin: () => fill(folder),
      end: async () => {
        await until(async () => {
          await cloud.live(0.1);
          return recorder.output.includes('disk is full');
        }, 'the recorder reports the full disk');
        await freeSpace(folder);
      },
    });
  });
});
