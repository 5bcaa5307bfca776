/**
 * A recorder in its own process, with short times. Its arguments are the URLs of Nova's API database and of the store,
 * the number by which the times are divided, and the DATABASE_TIMEOUT in milliseconds.
 */
import 'reflect-metadata';
import { NovaCells } from '../../../src/database/cells/nova-cells.js';
import { setDatabaseTimeLimits } from '../../../src/database/connection/time-limits.js';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { ServerEntity } from '../../../src/nova/servers/server.entity.js';
import { Recorder } from '../../../src/recorder/cells/recorder.js';
import { RECORDER_TIMES, type RecorderTimes } from '../../../src/recorder/recorder-times.js';

const [, , NOVA_API_DATABASE_URL = '', DATABASE_URL = '', factor = '1', timeout = '10000'] = process.argv;

const TIMES = [
  ...(['interval', 'nearAge', 'farAge', 'farInterval', 'serversInterval', 'serversOverlap'] as const),
  ...(['rewindAfter', 'cellsInterval', 'leaseInterval'] as const),
];

function dividedBy(divisor: number): RecorderTimes {
  const shorter = TIMES.map((name) => [name, RECORDER_TIMES[name] / divisor]);
  return {
    ...{ ...RECORDER_TIMES, ...(Object.fromEntries(shorter) as Partial<RecorderTimes>) },
    // Rounds compare fewer ids, because the test has few rows.
    ...{ nearIds: 40_000 / divisor, farIds: 200_000 / divisor },
    // With this share, neither the copying nor the comparison pauses.
    ...{ reconcileInterval: 50_000 / divisor, pastShare: 500 },
  };
}

setDatabaseTimeLimits(Number(timeout));
const tables = { entities: [ServerEntity], migrations: [], examples: [] };
const cells = await NovaCells.open({ NOVA_API_DATABASE_URL }, tables);
const { database } = await OwnStore.open({ DATABASE_URL, MIGRATE_ON_START: false }, tables);
await new Recorder(cells, database, dividedBy(Number(factor))).start();
process.stdout.write('records\n');
