import { isoTime, type RawTime } from '../database/rows/time.js';
import type { NovaEvent } from '../ledger/record/nova-rows.js';
import type { Access } from '../nova/policy/access.js';

/** Renders the events of an action. @param ids the ids that clients see, in the order of the events */
export type RenderEvents = (
  events: readonly NovaEvent[],
  ids: readonly number[],
  access: Access,
) => readonly object[];

export const externalEvents: RenderEvents = (events, ids, access) =>
  events.map((event, index) => eventFields(event, ids[index], access));

export const internalEvents: RenderEvents = (events, ids, access) =>
  events.map((event, index) => {
    const { traceback, details } = event;
    return { ...eventFields(event, ids[index], access), traceback, details };
  });

function eventFields(event: NovaEvent, id: number | undefined, access: Access): object {
  return {
    id,
    event: event.event,
    host: access.fields['host'] === true ? event.host : undefined,
    start_time: zonedTime(event.start_time),
    finish_time: zonedTime(event.finish_time),
    result: event.result,
  };
}

/** Formats a raw time with microseconds and the zone, `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export function zonedTime(time: RawTime | null): string | null {
  const text = isoTime(time);
  return text === null ? null : `${text}Z`;
}
