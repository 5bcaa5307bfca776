import type { RawTime } from '../../database/rows/time.js';

/** The columns that all tables of Nova have. Times are texts, as the driver returns them. */
interface NovaRow {
  readonly id: number;
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
  readonly deleted_at: RawTime | null;
  readonly deleted: number | null;
}

/** The time in which an action or an event ran. */
interface Period {
  readonly start_time: RawTime | null;
  readonly finish_time: RawTime | null;
}

/** A row of Nova's table `instance_actions`. */
export interface NovaAction extends NovaRow, Period {
  readonly instance_uuid: string | null;
  readonly request_id: string | null;
  readonly action: string | null;
  readonly user_id: string | null;
  readonly project_id: string | null;
  readonly message: string | null;
}

/** A row of Nova's table `instance_actions_events`. */
export interface NovaEvent extends NovaRow, Period {
  readonly action_id: number | null;
  readonly event: string | null;
  readonly host: string | null;
  readonly result: string | null;
  readonly traceback: string | null;
  readonly details: string | null;
}

/** The facts of a server: some columns of Nova's table `instances`, and its flavor from `instance_extra`. */
export interface NovaServer extends NovaRow {
  readonly uuid: string | null;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly display_name: string | null;
  readonly host: string | null;
  readonly node: string | null;
  readonly availability_zone: string | null;
  readonly instance_type_id: number | null;
  /** JSON with the name, the id and the sizes of the flavor; null if Nova's JSON cannot be read. */
  readonly flavor: string | null;
  readonly vm_state: string | null;
  readonly task_state: string | null;
  readonly power_state: number | null;
  readonly hidden: number | null;
  readonly locked: number | null;
  readonly locked_by: string | null;
  readonly launched_at: RawTime | null;
  readonly terminated_at: RawTime | null;
}

const COMMON = { id: true, created_at: true, updated_at: true, deleted_at: true, deleted: true } as const;
const PERIOD = { start_time: true, finish_time: true } as const;

/** The columns of `NovaAction`. */
export const ACTION_COLUMNS = columnsOf<NovaAction>({
  ...COMMON,
  ...PERIOD,
  ...{ instance_uuid: true, request_id: true, action: true, user_id: true, project_id: true, message: true },
});

/** The columns of `NovaEvent`. */
export const EVENT_COLUMNS = columnsOf<NovaEvent>({
  ...COMMON,
  ...PERIOD,
  ...{ action_id: true, event: true, host: true, result: true, traceback: true, details: true },
});

/** The columns of `NovaServer`. */
export const SERVER_COLUMNS = columnsOf<NovaServer>({
  ...COMMON,
  ...{ uuid: true, project_id: true, user_id: true, display_name: true, host: true, node: true },
  ...{ availability_zone: true, instance_type_id: true, flavor: true, vm_state: true, task_state: true },
  ...{
    power_state: true,
    hidden: true,
    locked: true,
    locked_by: true,
    launched_at: true,
    terminated_at: true,
  },
});

/** Returns the columns in the order of their names, as in the bodies of entries. The type requires all of them. */
function columnsOf<Row extends object>(
  columns: Readonly<Record<keyof Row, true>>,
): readonly (keyof Row & string)[] {
  return (Object.keys(columns) as (keyof Row & string)[]).sort();
}
