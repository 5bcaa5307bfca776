import type { ConformanceCase } from '../../test/conformance/cases.js';
import { record } from '../../test/conformance/record.js';
import type { Tokens } from '../../test/conformance/requests.js';
import { print, say } from '../shared/console.js';
import type { Arguments } from './arguments.js';
import { readRequests } from './request-lines.js';

/** Number of responses between two progress messages. */
const PROGRESS_INTERVAL = 100;

/** Sends the requests of a file. Prints the requests with their responses when the last response has arrived. */
export async function recordAnswers(file: string, { baseUrl, tokens }: Arguments): Promise<void> {
  const requests = readRequests(file, tokens);
  const recorded = await record(requests, {
    baseUrl,
    tokens,
    progress: (received) => {
      if (received % PROGRESS_INTERVAL === 0) say(`${received} of ${requests.length} responses received`);
    },
  });
  const lines = recorded.map((one) => lineOf(one, tokens));
  for (const line of lines) print(line);
  say(`${recorded.length} responses recorded`);
  const failed = recorded.filter(({ answer }) => answer.status >= 500).map(({ id }) => id);
  if (failed.length > 0) say(`responses with a server error: ${failed.join(', ')}`);
}

/**
 * Returns the line of the output for a request and its response.
 *
 * @throws Error if the path or the response contains one of the tokens
 */
function lineOf(one: ConformanceCase, tokens: Tokens): string {
  const line = JSON.stringify(one);
  const [whose] = Object.entries(tokens).find(([, token]) => token !== '' && line.includes(token)) ?? [];
  if (whose !== undefined)
    throw new Error(`${one.id}: the request or its response contains the token of ${whose}`);
  return line;
}
