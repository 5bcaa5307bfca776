import { Injectable } from '@nestjs/common';
import { LogStore } from '../database/log-store.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import type { RequestContext } from '../identity/request-context.js';
import type { FullAction } from '../ledger/actions/full-action.js';
import { findAction } from '../ledger/search/find-action.js';
import { NotFound } from '../nova/fault/faults.js';
import { PoliciesService } from '../nova/policy/policies.service.js';
import type { ItemFinder, OwnedItem } from '../nova/route/item-finder.js';
import { policies } from './action-log.policies.js';
import { LogKeys } from './log-keys.js';
import { publicIdIn } from './public-id.js';
import { projectScope } from './scope.js';

/** An action that a path names, and the project that owns its server. */
export interface ActionItem extends OwnedItem {
  /** The id that clients see. */
  readonly id: number;
  readonly full: FullAction;
}

/** Finds the action that a path names by the id that clients see. */
@Injectable()
export class ActionFinder implements ItemFinder<ActionItem> {
  constructor(
    private readonly log: LogStore,
    private readonly keys: LogKeys,
    private readonly policies: PoliciesService,
  ) {}

  /** @see ItemFinder.find */
  async find(caller: RequestContext, id: string): Promise<ActionItem> {
    const publicId = publicIdIn('id', id);
    const own = projectScope(caller);
    const target = { project_id: caller.projectId, user_id: caller.userId };
    const seesAll = this.policies.allows(caller, policies.allProjects, target);
    const keys = await this.keys.read();
    const [copyId = 0] = keys.ids.original('action', [publicId]);
    const full = await this.log.database.read(answerDeadline(), (store) =>
      findAction(store, copyId, seesAll ? { all: true } : own),
    );
    if (full === undefined) throw new NotFound(`The action ${id} could not be found.`);
    return { id: publicId, full, projectId: full.server?.project_id ?? null };
  }
}
