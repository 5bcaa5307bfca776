import { resolve } from 'node:path';
import { loadFixture, type Persona, personas } from '../../conformance/cases.js';
import { personaTokens } from '../../support/service/service.js';
import { decode, isObject, isOwnPage, parse } from './reading.js';
import type { SentRequest, ReceivedResponse } from './wire.js';

const { instances, instance_actions, instance_actions_events } = loadFixture();

/**
 * Patterns of internal details that no answer may contain: SQL, paths, stack traces, and names of libraries and tables.
 */
const INTERNALS = [
  /\b(?:select|insert|update|delete|drop|alter)\b[^"\n]{0,80}\b(?:from|into|set|where|table)\b/i,
  /sqlite|typeorm|mysql|mariadb|fastify|nestjs/i,
  /\b(?:FST|ERR?|SQLITE)_[A-Z_]{4,}|\bE(?:CONN[A-Z]+|NOENT|PIPE|ACCES|TIMEDOUT)\b/,
  /\binstance_(?:actions|mappings|actions_events)\b|\bcell_mappings\b|\binstances\b/,
  new RegExp(resolve(import.meta.dirname, '../../..').replace(/[^\w/]/g, '\\$&')),
  /\w\.[cm]?[jt]s\b/,
  /node_modules|node:internal|file:\/\//,
  /\bat (?:async |new )?[\w.<>$]+ \(|\bat \S+:\d+:\d+/,
];

/** The texts in the database rows of the tests. An answer may contain them, even those that are tracebacks. */
const ROWS = [instances, instance_actions, instance_actions_events]
  .flat()
  .flatMap((row) => Object.values(row))
  .filter((value) => typeof value === 'string')
  .map((value) => JSON.stringify(value).slice(1, -1))
  .join('\n');

/**
 * Returns one sentence for each internal detail in an answer, such as SQL or a path. Ignores details that the request
 * or the database rows also contain.
 */
export function internalsIn(answer: string, request: string): string[] {
  const traces = INTERNALS.map((pattern) => pattern.exec(answer)?.[0]).filter((text) => text !== undefined);
  if (traces.length === 0) return [];
  const known = `${request}\n${decode(request)}\n${ROWS}`.toLowerCase();
  return traces
    .filter((text) => !known.includes(text.toLowerCase()))
    .map((text) => `the answer contains '${text}'`);
}

const OWNERS = new Map(instances.map(({ uuid, project_id }) => [String(uuid), project_id ?? null]));

/**
 * Yields a message for each violation of the access rules in an answer. Only administrators and callers in the server's
 * project may see a server. Only administrators may see the fields for operators. For a server that the caller may not
 * see, 403 is also a violation: it would reveal that the server exists.
 */
export function* problemsOfAccess(one: SentRequest, { status, text }: ReceivedResponse): Generator<string> {
  const json = status === 200 || status === 403 ? parse(text) : undefined;
  const isAnswer = json !== undefined && ('instanceAction' in json || 'instanceActions' in json);
  const isRefusal = status === 403 && !isOwnPage(one);
  if (!isAnswer && !isRefusal) return;

  const [name, caller] = callerOf(one);
  if (caller === undefined) {
    yield 'an answer to a caller without a valid token';
    return;
  }
  // The test searches the whole target for the ids, because it must not rely on the service's own parsing.
  const address = decode(one.target).toLowerCase();
  const named = [...OWNERS.keys()].filter((uuid) => address.includes(uuid));
  const actions = [json?.['instanceAction'], json?.['instanceActions']].flat().filter(isObject);
  const servers = new Set([...named, ...actions.map(({ instance_uuid }) => String(instance_uuid))]);
  if (isAnswer && servers.size !== 1) yield `actions of several servers: ${[...servers].join(', ')}`;
  if (caller.roles.includes('admin')) return;
  for (const server of servers) {
    if ((OWNERS.get(server) ?? null) !== caller.project_id)
      yield `${name} sees the server ${server} of another project`;
  }
  if (/"(?:traceback|host|details)":/.test(text)) yield `${name} sees fields for operators`;
}

/** Returns the caller of a request; undefined if the request has no token or two tokens. */
function callerOf({ headers }: SentRequest): readonly [name: string, caller: Persona | undefined] {
  const [token, ...more] = headers.filter(([name]) => name.toLowerCase() === 'x-auth-token');
  const [name = ''] = Object.entries(personaTokens).find(([, known]) => known === token?.[1].trim()) ?? [];
  return [name, more.length === 0 ? personas[name] : undefined];
}
