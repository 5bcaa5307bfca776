import {
  type Conversation,
  type ConversationStep,
  loadConversations,
  replayConversations,
} from '../../test/conformance/conversations.js';
import { printReport } from '../../test/conformance/replay.js';
import { canBeSent } from '../../test/conformance/requests.js';
import { print, say, UsageError } from '../shared/console.js';
import type { Arguments } from './arguments.js';

/** Replays the recorded conversations and prints a report. @returns true if all responses equal the recorded answers */
export async function checkConversations(given: Arguments): Promise<boolean> {
  const lacking = (step: ConversationStep): boolean => !canBeSent(step, given.tokens);
  const all = loadConversations();
  const sendable = all.filter(({ steps }) => !steps.some(lacking));
  const servers = sendable.flatMap((conversation) => conversation.servers);
  for (const { uuid } of servers) await checkServer(uuid, given);
  say(
    `This run deletes all server groups of ${given.baseUrl}, and locks and unlocks ${servers.length} servers.`,
  );
  const report = await replayConversations(sendable, given);
  printReport(report);
  printSkipped(
    all.filter((conversation) => !sendable.includes(conversation)),
    lacking,
  );
  say('The locks of these servers and their actions remain in the database.');
  return report.same === report.total;
}

/** @throws UsageError unless the server exists and has no actions */
async function checkServer(uuid: string, { baseUrl, tokens }: Arguments): Promise<void> {
  const url = `${baseUrl.replace(/\/+$/, '')}/v2.1/servers/${uuid}/os-instance-actions`;
  const response = await fetch(url, { headers: { 'X-Auth-Token': tokens['admin'] ?? '' } });
  const text = await response.text();
  if (response.status === 200 && /^\{"instanceActions": ?\[\]\}$/.test(text)) return;
  const problem =
    response.status === 200 ? 'already has actions' : `cannot be read: ${response.status} ${text}`;
  throw new UsageError(`server ${uuid} ${problem}\nprepare the database with --print-servers`);
}

function printSkipped(skipped: readonly Conversation[], lacking: (step: ConversationStep) => boolean): void {
  if (skipped.length === 0) return;
  const steps = skipped.flatMap((conversation) => conversation.steps.filter(lacking));
  const personas = [...new Set(steps.map(({ persona }) => persona))].join(', ');
  print(`skipped, because no token is given: ${skipped.length} conversations of the personas ${personas}`);
}

/** Returns SQL statements that insert the servers of all conversations, and delete earlier ones with their actions. */
export function serversSql(): string {
  const servers = loadConversations().flatMap((conversation) => conversation.servers);
  const uuids = servers.map(({ uuid }) => `'${uuid}'`).join(', ');
  const actions = `FROM instance_actions WHERE instance_uuid IN (${uuids})`;
  const rows = servers.map(
    ({ uuid, user_id, project_id }) => `('${uuid}', '${user_id}', '${project_id}', 'cmp1', 0)`,
  );
  return [
    `DELETE FROM instance_actions_events WHERE action_id IN (SELECT id ${actions});`,
    `DELETE ${actions};`,
    `DELETE FROM instances WHERE uuid IN (${uuids});`,
    `INSERT INTO instances (uuid, user_id, project_id, host, deleted) VALUES ${rows.join(', ')};`,
    '',
  ].join('\n');
}
