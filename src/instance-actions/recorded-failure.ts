import { classNameOf } from '../common/class-name.js';
import { Failure } from '../nova/fault/faults.js';

/** The texts about a failure in its event. */
export interface RecordedFailure {
  /** The reason, in at most 255 bytes. */
  readonly details: string;
  /** The calls that led to the error, one on each line. */
  readonly traceback: string;
}

/** Nova's maximum length of details, and the maximum length of a text in MariaDB; both in bytes. */
const MAX_DETAILS_LENGTH = 255;
const MAX_TEXT_LENGTH = 65_535;

/**
 * Returns the details and the traceback of an error. As in Nova, the details are the message of the error if the client
 * also gets this message. For any other error, they are only its class name, because its message may contain secrets.
 * The traceback never contains the message.
 */
export function recordedFailure(error: unknown): RecordedFailure {
  const details = error instanceof Failure ? error.message : classOf(error);
  return {
    details: truncate(details, MAX_DETAILS_LENGTH),
    traceback: truncate(callsOf(error), MAX_TEXT_LENGTH),
  };
}

function classOf(error: unknown): string {
  return error instanceof Error ? classNameOf(error.constructor.name) || 'Error' : typeof error;
}

/** Returns the lines of the stack after the message. */
function callsOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return '';
  const { stack, message } = error;
  const withoutMessage = stack.includes(message)
    ? stack.slice(stack.indexOf(message) + message.length)
    : stack;
  const lines = withoutMessage.split('\n');
  const calls = lines.slice(lines.findLastIndex((line) => !/^ {4}at /.test(line)) + 1);
  return calls.map((line) => `${line}\n`).join('');
}

/** Cuts off the end of a text that is too long, never in the middle of a character. @param maxLength in bytes of UTF-8 */
function truncate(text: string, maxLength: number): string {
  const bytes = Buffer.from(text).subarray(0, maxLength);
  // In a stream, the decoder waits for the rest of an incomplete character, so it leaves it out here.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}
