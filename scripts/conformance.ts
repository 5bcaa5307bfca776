import { HELP, readArguments } from './conformance/arguments.js';
import { checkAnswers } from './conformance/check-answers.js';
import { checkConversations, serversSql } from './conformance/check-conversations.js';
import { recordAnswers } from './conformance/record-answers.js';
import { errorText } from '../src/common/error-text.js';
import { say, UsageError } from './shared/console.js';

async function main(): Promise<number> {
  const given = readArguments();
  if (given === 'help' || given === 'servers') {
    process.stdout.write(given === 'help' ? HELP : serversSql());
    return 0;
  }
  if (given.conversations) return (await checkConversations(given)) ? 0 : 1;
  if (given.record === undefined) return (await checkAnswers(given)) ? 0 : 1;
  await recordAnswers(given.record, given);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = 2;
  say(errorText(error));
  if (error instanceof UsageError) say('usage: npm run conformance -- --help');
}
