import type { ConformanceCase } from '../../test/conformance/cases.js';
import { record } from '../../test/conformance/record.js';
import type { Tokens } from '../../test/conformance/requests.js';
import { print, say } from '../shared/console.js';
import type { Arguments } from './arguments.js';
import { readRequests } from './request-lines.js';

/** How many answers there are between two words on how far it is. */
const A_WHILE = 100;

/** Asks the requests of a file and prints them with their answers, once all are there. */
export async function recordAnswers(file: string, { baseUrl, tokens }: Arguments): Promise<void> {
  const requests = readRequests(file, tokens);
  const recorded = await record(requests, {
    baseUrl,
    tokens,
    progress: (answered) => {
      if (answered % A_WHILE === 0) say(`${answered} of ${requests.length} answered`);
    },
  });
  const lines = recorded.map((one) => lineOf(one, tokens));
  for (const line of lines) print(line);
  say(`${recorded.length} answers recorded`);
  const failed = recorded.filter(({ answer }) => answer.status >= 500).map(({ id }) => id);
  if (failed.length > 0) say(`errors of the server among them: ${failed.join(', ')}`);
}

/** @throws Error where a token would be written out: somebody put it into the path, or the server gave it back */
function lineOf(one: ConformanceCase, tokens: Tokens): string {
  const line = JSON.stringify(one);
  const [whose] = Object.entries(tokens).find(([, token]) => token !== '' && line.includes(token)) ?? [];
  if (whose !== undefined)
    throw new Error(`${one.id}: the request or its answer holds the token of ${whose}`);
  return line;
}
