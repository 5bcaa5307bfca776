import type { NovaAction, NovaEvent, NovaServer } from '../record/nova-rows.js';

/** The facts of the server of an action. The own tables lack some of the columns; these are null. */
export type ServerFacts = Pick<
  NovaServer,
  | 'uuid'
  | 'project_id'
  | 'user_id'
  | 'display_name'
  | 'availability_zone'
  | 'vm_state'
  | 'launched_at'
  | 'created_at'
  | 'terminated_at'
  | 'deleted_at'
  | 'deleted'
>;

/**
 * The status that a service has stated for an action that it recorded over HTTP. `running` is only in imported actions:
 * the action has not finished, although all its events have.
 */
export type Outcome = 'success' | 'error' | 'unknown' | 'running';

/** The rows from which the service derives the status of an action. */
export interface ActionParts {
  /** The number of the cell; 0 for an action of the store itself. */
  readonly cell: number;
  readonly action: NovaAction;
  readonly events: readonly NovaEvent[];
  /** Undefined if the store has no row of the server. */
  readonly server?: ServerFacts | undefined;
  /** Undefined for an action that no service has recorded over HTTP. */
  readonly written?: { readonly outcome: Outcome | null } | undefined;
}

/** An event with its id in the copy. */
export type FullEvent = NovaEvent & { readonly copyId: number };

/** An action of the copy or of the store itself, with its events and its server. */
export interface FullAction extends ActionParts {
  /** The id of the action in the copy. For an action of the store itself, it is the id of its row. */
  readonly copyId: number;
  readonly epoch: number;
  /** The position of the newest entry about the action alone; null if the record has none. */
  readonly position: number | null;
  readonly events: readonly FullEvent[];
  readonly written?: WrittenAction | undefined;
}

/** The facts of an action that a service has recorded over HTTP. */
export interface WrittenAction {
  readonly outcome: Outcome | null;
  /** The user of the service. */
  readonly writer: string;
  /** The id that the service has chosen for the action. */
  readonly externalId: string | null;
}
