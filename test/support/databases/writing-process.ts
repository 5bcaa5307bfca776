/**
 * A process that writes to the own store and kills itself with SIGKILL. Its arguments are the URL of the store, the name
 * of one of the `WRITES`, and a number of statements. After this number of statements, it kills itself: before the next
 * statement or, with `sent` as the fourth argument, directly after it has sent the next statement. It prints this next
 * statement. If there is no next statement, it prints `done`.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import type { QueryRunner } from 'typeorm';
import type { Settings } from '../../../src/config/settings.js';
import { OwnCells } from '../../../src/database/cells/own-cells.js';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { currentTime } from '../../../src/database/rows/time.js';
import { ActionRecorder } from '../../../src/instance-actions/action-recorder.js';
import { ActionWriter } from '../../../src/instance-actions/action-writer.js';
import { Microversion } from '../../../src/nova/microversion/microversion.js';
import { ServerEntity } from '../../../src/nova/servers/server.entity.js';
import {
  ServerGroup,
  ServerGroupMember,
  ServerGroupPolicy,
} from '../../../src/server-groups/server-group.entities.js';
import { type GroupItem, ServerGroupsService } from '../../../src/server-groups/server-groups.service.js';
import { ServerLockActions } from '../../../src/server-lock/server-lock.actions.js';
import { CALLER, NEW_ACTION, serverOn } from './recorded-log.js';

const [, , DATABASE_URL = '', name = '', limit = '', mode = ''] = process.argv;
const entities = [ServerEntity, ServerGroup, ServerGroupMember, ServerGroupPolicy];
const tables = { entities, migrations: [], examples: [] };
const { database } = await OwnStore.open({ DATABASE_URL, MIGRATE_ON_START: false }, tables);

const locks = new ServerLockActions(new ActionRecorder({} as Settings));
const settings = { SERVER_GROUPS_QUOTA: 10 } as Settings;
const groups = new ServerGroupsService(new OwnCells(database), settings, {} as never, {} as never);
const log = { database, writable: database };
const writer = new ActionWriter(log, new OwnCells(database));
const version = Microversion.of(2, 73);

const WRITES: Readonly<Record<string, () => Promise<unknown>>> = {
  lock: () =>
    locks.lock({
      ...{ caller: CALLER, server: serverOn(database), body: {}, version },
      enforce: () => undefined,
    }),
  begin: () => writer.begin(CALLER, [NEW_ACTION], currentTime()),
  create: () => groups.create(CALLER, { name: 'new', policy: 'affinity' }),
  delete: () => groups.delete({ id: 1 } as GroupItem),
};
const write = WRITES[name];
if (write === undefined) throw new Error(`unknown write ${name}`);

// This opens both pools of connections, so that only the statements of the write are counted.
await database.read(performance.now() + 60_000, (source) => source.query('SELECT 1'));
const prototype = await database.write((manager) =>
  Promise.resolve(Object.getPrototypeOf(manager.queryRunner) as QueryRunner),
);
const query = Reflect.get(prototype, 'query') as (...words: unknown[]) => Promise<unknown>;
let left = Number(limit);

prototype.query = function (this: QueryRunner, ...words: unknown[]): Promise<never> {
  left -= 1;
  const kill = (): void => {
    writeSync(1, `${String(words[0])}\n`);
    process.kill(process.pid, 'SIGKILL');
  };
  if (left < 0 && mode !== 'sent') kill();
  const result = query.apply(this, words) as Promise<never>;
  if (left < 0) kill();
  return result;
};

await write();
writeSync(1, 'done\n');
process.exit();
