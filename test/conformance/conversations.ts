import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConformanceCase, ConformanceRequest } from './cases.js';
import type { ReceivedAnswer } from './compare.js';
import type { ReplayReport } from './report.js';
import { checkReachable, outgoingRequest } from './requests.js';
import { RequestSender } from './request-sender.js';
import { addressesOf, differencesOf, type ReplayOptions, tally } from './replay.js';

/** A server that exists before a conversation begins. */
export interface ConversationServer {
  readonly uuid: string;
  readonly project_id: string;
  readonly user_id: string;
}

/** A request of a conversation. Its path and body may contain names that earlier steps saved, such as `{g1}`. */
export interface ConversationStep extends Omit<ConformanceCase, 'id' | 'group'> {
  /** A name, and where its value is in the response: `{"g1": "server_group.id"}`. */
  readonly save: Readonly<Record<string, string>>;
}

/** Requests that change something, in the order in which a real Nova received them, with its responses. */
export interface Conversation {
  readonly id: string;
  readonly topic: string;
  readonly servers: readonly ConversationServer[];
  readonly steps: readonly ConversationStep[];
}

/** Reads the recorded conversations. */
export function loadConversations(): Conversation[] {
  const lines = readFileSync(resolve(import.meta.dirname, 'conversations.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Conversation);
}

/**
 * Sends the requests of the conversations one after the other, and compares the responses with the recorded ones.
 * Before each conversation it deletes all server groups, because the recording began without any. It also deletes those
 * of the last conversation.
 *
 * @throws Error if the server is unreachable or a token is missing
 */
export async function replayConversations(
  conversations: readonly Conversation[],
  options: ReplayOptions,
): Promise<ReplayReport> {
  const sender = new RequestSender(options.baseUrl, 1);
  const results = new Map<ConformanceCase, readonly string[]>();
  try {
    await checkReachable(sender, options.baseUrl);
    for (const conversation of conversations) {
      await deleteServerGroups(sender, options);
      const names = new MomentaryNames();
      for (const [index, step] of conversation.steps.entries()) {
        const named: ConformanceCase = {
          ...step,
          id: `${conversation.id}/${index}`,
          group: conversation.topic,
        };
        const request = { ...named, path: encoded(names.fill(step.path)), body: names.fillBody(step.body) };
        const send = async (): Promise<ReceivedAnswer> => {
          const received = await sender.send(outgoingRequest(request, options.tokens, options.headers));
          return names.learn(index, step, received);
        };
        results.set(named, await differencesOf(named.answer, send, addressesOf(options)));
      }
    }
    await deleteServerGroups(sender, options);
  } finally {
    sender.close();
  }
  return tally([...results.keys()], results, options.knownDifferences ?? new Map());
}

async function deleteServerGroups(sender: RequestSender, { tokens }: ReplayOptions): Promise<void> {
  const headers = { 'X-Auth-Token': tokens['admin'] ?? '' };
  const path = '/v2.1/os-server-groups';
  const list = { method: 'GET', path: `${path}?all_projects=1`, headers, body: undefined };
  const { status, body } = await sender.send(list);
  if (status !== 200) throw new Error(`the server groups cannot be listed: ${status} ${body}`);
  for (const { id } of (JSON.parse(body) as { server_groups: { id: string }[] }).server_groups) {
    await sender.send({ method: 'DELETE', path: `${path}/${id}`, headers, body: undefined });
  }
}

/** Matches a time since 2020. Only times of this conversation match, because rows from before it have older times. */
const TIME = /\b20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\b/g;

/** The values that differ in each run of a conversation: ids and request ids. In a recording, names replace them. */
export class MomentaryNames {
  /** Value → name. */
  private readonly names = new Map<string, string>();

  /** Replaces the names in a text by the values of this run. */
  fill(text: string): string {
    let filled = text;
    for (const [value, name] of this.names) filled = filled.replaceAll(name, value);
    return filled;
  }

  fillBody(body: ConformanceRequest['body']): ConformanceRequest['body'] {
    return typeof body === 'string' ? this.fill(body) : body;
  }

  /** Remembers the new values in a response. @returns the response with names in place of values */
  learn(index: number, { save }: Pick<ConversationStep, 'save'>, received: ReceivedAnswer): ReceivedAnswer {
    const requestId = received.headers.get('x-openstack-request-id');
    if (requestId !== undefined) this.add(requestId, `{req:${index}}`);
    const body = parsed(received.body);
    for (const [name, path] of Object.entries(save)) {
      const value = path
        .split('.')
        .reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), body);
      if (typeof value === 'string') this.add(value, `{${name}}`);
    }
    for (const id of groupIds(body)) {
      this.add(id, `{id:${index}}`);
      this.add(id.toUpperCase(), `{ID:${index}}`);
    }
    let text = received.body;
    for (const [value, name] of this.names) text = text.replaceAll(value, name);
    return { ...received, body: text.replaceAll(TIME, '{now}') };
  }

  /** Gives a value a name, unless it already has one. */
  add(value: string, name: string): void {
    if (!this.names.has(value)) this.names.set(value, name);
  }
}

/** Percent-encodes the characters that a path cannot contain. The recordings contain decoded paths. */
function encoded(path: string): string {
  return path.replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

function groupIds(body: unknown): string[] {
  if (!isRecord(body)) return [];
  const { server_group: one, server_groups: list } = body;
  const groups: readonly unknown[] = Array.isArray(list) ? list : [one];
  return groups.flatMap((group) => (isRecord(group) && typeof group['id'] === 'string' ? [group['id']] : []));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
