import { groupBy } from '../../common/group-by.js';
import { bodyText } from '../../ledger/record/entry-body.js';
import type { ActionBody, Place, ServerBody } from '../../ledger/record/entry.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/record/nova-rows.js';
import type { Times } from '../../ledger/retention/age.js';
import { withoutSum } from '../source/cell-reader.js';

/** Rows of Nova in the main or the shadow tables. */
export interface RowsInPlace {
  readonly place: Place.main | Place.shadow;
  readonly actions?: readonly NovaAction[] | undefined;
  /** The events of the actions, by ascending id. */
  readonly events?: readonly NovaEvent[] | undefined;
  readonly servers?: readonly NovaServer[] | undefined;
}

/** A row of Nova. */
export interface Found<Body> {
  readonly id: number;
  readonly serverUuid: string | null;
  readonly body: Body;
  /** See `Entry.text`. */
  readonly text: string;
  /** The times that decide whether the copy needs the row; empty if the copy needs it at any age. */
  readonly times: readonly Times[];
}

/** Rows of Nova with the texts for their entries. */
export interface FoundRows {
  readonly servers: readonly Found<ServerBody>[];
  readonly actions: readonly Found<ActionBody>[];
}

/** Prepares rows for `changesOf`. Does not access the store, so the recorder can do this while it writes other rows. */
export function foundRows({ place, servers = [], actions = [], events = [] }: RowsInPlace): FoundRows {
  const byAction = groupBy(events, ({ action_id }) => action_id);
  return {
    servers: servers.map((server) => foundServer({ server: withoutSum(server), place })),
    actions: actions.map((action): Found<ActionBody> => {
      const ofAction = (byAction.get(action.id) ?? []).map(withoutSum);
      const body = { action: withoutSum(action), events: ofAction, place };
      const times = [action, ...ofAction];
      return { id: action.id, serverUuid: action.instance_uuid, body, text: bodyText(body), times };
    }),
  };
}

export function foundServer(body: ServerBody): Found<ServerBody> {
  const { server } = body;
  const times = server.deleted
    ? [{ ...server, start_time: server.launched_at, finish_time: server.terminated_at }]
    : [];
  return { id: server.id, serverUuid: server.uuid, body, text: bodyText(body), times };
}
