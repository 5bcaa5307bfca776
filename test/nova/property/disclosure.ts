import { resolve } from 'node:path';
import { loadFixture, type Persona, personas } from '../../conformance/cases.js';
import { personaTokens } from '../../support/service/service.js';
import { decode, isObject, isOwnPage, parse } from './reading.js';
import type { SentRequest, ReceivedResponse } from './wire.js';

const { instances, instance_actions, instance_actions_events } = loadFixture();

/** What belongs to the service's inside: where it runs, what it runs on, what its queries are made of. */
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

/** The rows' own texts may speak of anything: somebody's tracebacks are among them. */
const ROWS = [instances, instance_actions, instance_actions_events]
  .flat()
  .flatMap((row) => Object.values(row))
  .filter((value) => typeof value === 'string')
  .map((value) => JSON.stringify(value).slice(1, -1))
  .join('\n');

/** The traces of the service's inside in an answer that were not in the request already. */
export function internalsIn(answer: string, asked: string): string[] {
  const traces = INTERNALS.map((pattern) => pattern.exec(answer)?.[0]).filter((text) => text !== undefined);
  if (traces.length === 0) return [];
  const known = `${asked}\n${decode(asked)}\n${ROWS}`.toLowerCase();
  return traces.filter((text) => !known.includes(text.toLowerCase())).map((text) => `it tells of '${text}'`);
}

const OWNERS = new Map(instances.map(({ uuid, project_id }) => [String(uuid), project_id ?? null]));

/**
 * An answer about a server is for its project and for admins, and what only operators see for these alone.
 * A refusal would tell anybody else that there is such a server.
 */
export function* problemsOfAccess(one: SentRequest, { status, text }: ReceivedResponse): Generator<string> {
  const json = status === 200 || status === 403 ? parse(text) : undefined;
  const isAnswer = json !== undefined && ('instanceAction' in json || 'instanceActions' in json);
  const isRefusal = status === 403 && !isOwnPage(one);
  if (!isAnswer && !isRefusal) return;

  const [name, caller] = callerOf(one);
  if (caller === undefined) {
    yield 'an answer to nobody';
    return;
  }
  // Not by the service's own reading of the address: the server whose id stands there somewhere is the one.
  const address = decode(one.target).toLowerCase();
  const named = [...OWNERS.keys()].filter((uuid) => address.includes(uuid));
  const actions = [json?.['instanceAction'], json?.['instanceActions']].flat().filter(isObject);
  const servers = new Set([...named, ...actions.map(({ instance_uuid }) => String(instance_uuid))]);
  if (isAnswer && servers.size !== 1) yield `actions of several servers: ${[...servers].join(', ')}`;
  if (caller.roles.includes('admin')) return;
  for (const server of servers) {
    if ((OWNERS.get(server) ?? null) !== caller.project_id) yield `${name} knows of ${server}`;
  }
  if (/"(?:traceback|host|details)":/.test(text)) yield `${name} sees what is for operators`;
}

/** Who sends the request: nobody without a token, nor with two. */
function callerOf({ headers }: SentRequest): readonly [name: string, caller: Persona | undefined] {
  const [token, ...more] = headers.filter(([name]) => name.toLowerCase() === 'x-auth-token');
  const [name = ''] = Object.entries(personaTokens).find(([, known]) => known === token?.[1].trim()) ?? [];
  return [name, more.length === 0 ? personas[name] : undefined];
}
