import type { EntityManager } from 'typeorm';
import type { JoinedLookup } from '../database/rows/lookup.js';
import { ActionRecorder } from '../instance-actions/action-recorder.js';
import { ServerAction, type ServerActionCall, ServerActions } from '../nova/actions/server-action.js';
import { ServerEntity } from '../nova/servers/server.entity.js';
import type { Server } from '../nova/servers/server.js';
import { lockBody, reasonOf, unlockBody } from './server-lock.body.js';
import { policies } from './server-lock.policies.js';

/** The lookup of a server's lock. The query that finds the server also reads these columns. */
const LOCK: JoinedLookup = {
  maxKeys: 100,
  maxInFlight: 4,
  key: { table: '{instances}', columns: ['uuid'] },
  select: 'lock_row.id, lock_row.locked, lock_row.locked_by',
  from: '{instances} lock_row ON lock_row.uuid = wanted.uuid',
};
const prefetch = { lookup: () => LOCK, keyParameters: [] };

type Lock = Pick<ServerEntity, 'locked' | 'locked_by'>;

@ServerActions({ title: 'Server locks' })
export class ServerLockActions {
  constructor(private readonly recorder: ActionRecorder) {}

  @ServerAction('lock', {
    summary: 'Lock a server',
    description:
      'Locks a server, so that its project cannot change it. If an administrator of another project locks it, the ' +
      'project cannot unlock it. If a user of the project locks a locked server again, nothing changes or is logged.',
    body: lockBody,
    policy: policies.lock,
    policyTarget: 'project and user',
    prefetch,
    status: 202,
  })
  async lock({ caller, server, body }: ServerActionCall): Promise<void> {
    const locked_by = roleOf(caller, server);
    const { locked } = await lockOf(server);
    if (locked && locked_by === 'owner') return;
    const reason = reasonOf(body);
    const values = { locked: true, locked_by, ...(reason !== undefined && { locked_reason: reason }) };
    // Another request may have locked the server meanwhile. The owner must not replace the lock of an administrator.
    const condition = locked_by === 'owner' ? 'locked IS NULL OR locked = 0' : '';
    await this.recorder.record(caller, server, 'lock', 'api_lock', async (manager) => {
      await update(manager, server, values, condition);
    });
  }

  @ServerAction('unlock', {
    summary: 'Unlock a server',
    description:
      'Unlocks a server. Only callers with the policy unlock_override may unlock a server that an administrator of ' +
      'another project has locked.',
    body: unlockBody,
    policy: policies.unlock,
    laterPolicies: [policies.unlockOverride],
    prefetch,
    status: 202,
  })
  async unlock({ caller, server, enforce }: ServerActionCall): Promise<void> {
    const role = roleOf(caller, server);
    const { locked_by: by } = await lockOf(server);
    const isOverride = by !== null && by !== role;
    if (isOverride) enforce(policies.unlockOverride);
    const values = { locked: false, locked_by: null, locked_reason: null };
    const condition = isOverride ? '' : `locked_by IS NULL OR locked_by = '${role}'`;
    await this.recorder.record(caller, server, 'unlock', 'api_unlock', async (manager) => {
      if (await update(manager, server, values, condition)) return;
      // A caller in the other role has locked the server meanwhile.
      enforce(policies.unlockOverride);
      await update(manager, server, values, '');
    });
  }
}

/** Returns the role in which the caller locks the server: as a user of its project, or of another project. */
function roleOf({ projectId }: ServerActionCall['caller'], server: Server): 'owner' | 'admin' {
  return projectId === server.projectId ? 'owner' : 'admin';
}

async function lockOf(server: Server): Promise<Lock> {
  const [lock = { locked: null, locked_by: null }] = await server.load<Lock>(LOCK, []);
  return lock;
}

/** Changes the row of a server. @returns false if it does not meet the condition */
async function update(
  manager: EntityManager,
  { uuid }: Server,
  values: Partial<ServerEntity>,
  condition: string,
): Promise<boolean> {
  const change = manager.createQueryBuilder().update(ServerEntity).where('uuid = :uuid', { uuid });
  if (condition !== '') change.andWhere(`(${condition})`);
  const { affected } = await change.set({ ...values, updated_at: new Date() }).execute();
  return affected !== 0;
}
