import type { RawTime } from '../database/rows/time.js';

/** A row of Nova's table `instance_actions`. Times are texts, as the driver returns them. */
export interface NovaAction {
  readonly id: number;
  readonly instance_uuid: string | null;
  readonly request_id: string | null;
  readonly action: string | null;
  readonly user_id: string | null;
  readonly project_id: string | null;
  readonly message: string | null;
  readonly start_time: RawTime | null;
  readonly finish_time: RawTime | null;
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
  readonly deleted_at: RawTime | null;
  readonly deleted: number | null;
}

/** A row of Nova's table `instance_actions_events`. */
export interface NovaEvent {
  readonly id: number;
  readonly action_id: number | null;
  readonly event: string | null;
  readonly host: string | null;
  readonly result: string | null;
  readonly traceback: string | null;
  readonly details: string | null;
  readonly start_time: RawTime | null;
  readonly finish_time: RawTime | null;
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
  readonly deleted_at: RawTime | null;
  readonly deleted: number | null;
}

/** The facts of a server: some columns of Nova's table `instances`, and its flavor from `instance_extra`. */
export interface NovaServer {
  readonly id: number;
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
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
  readonly deleted_at: RawTime | null;
  readonly deleted: number | null;
}
