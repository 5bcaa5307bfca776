import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Namespace } from '../support/process/namespace.js';
import { reservePort } from '../support/http/port.js';
import { EXAMPLE_PATH } from '../support/process/process.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { underLoad } from './support/load.js';
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

async function fill(): Promise<void> {
  const file = await open(namespace.path(`${disk}/${FILLER}`), 'w');
  try {
    for (const size of [1_048_576, 4_096, 1]) {
      const piece = Buffer.alloc(size);
      while ((await file.write(piece).catch(() => ({ bytesWritten: 0 }))).bytesWritten > 0);
    }
  } finally {
    await file.close();
  }
}

function freeSpace(): Promise<void> {
  return rm(namespace.path(`${disk}/${FILLER}`));
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
          end: freeSpace,
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
