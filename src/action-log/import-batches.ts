import type { ImportedAction } from '../instance-actions/imported-action.js';
import { InvalidLine } from '../nova/fault/invalid-line.js';
import { ValidationFailed } from '../nova/fault/validation-failed.js';
import type { BodyLine } from '../nova/route/api-features.js';
import { type ImportLine, readImportLine, readLastLine } from './import-line.js';

/** The maximum number of actions in a batch, and of characters in its lines. */
const MAX_ACTIONS = 500;
const MAX_LENGTH = 4_000_000;

/** The lines of an import that one transaction writes. */
export interface ImportBatch {
  readonly actions: readonly ImportedAction[];
  /** The numbers of the lines of the actions. */
  readonly numbers: readonly number[];
  /** The number of lines with an action, before the other actions, that the store already has. */
  readonly skipped: number;
  /** The number of the last line. */
  readonly lastLine: number;
  /** True if the last line says that the export has ended. */
  readonly isComplete: boolean;
}

/**
 * Distributes the lines of an import over batches. If a line is invalid or cannot be read, the last batch has the lines
 * before it.
 *
 * @param firstLine the number of the first line of the body in the import
 * @param known the number of the last line that the store has
 * @throws InvalidLine with its number in the import
 * @throws the errors with which the reading of lines fails
 */
export async function* importBatches(
  lines: AsyncIterable<BodyLine>,
  firstLine: number,
  known: number,
): AsyncGenerator<ImportBatch, void> {
  let batch = new GrowingBatch(firstLine - 1);
  let failure: Error | undefined;
  try {
    for await (const { number, text } of lines) {
      const line = firstLine - 1 + number;
      if (line > known) batch.add(line, text);
      else batch.skip(line, text);
      if (!batch.isFull) continue;
      yield batch;
      batch = new GrowingBatch(line);
    }
  } catch (error) {
    failure = error as Error;
  }
  yield batch;
  if (failure instanceof InvalidLine && !(failure instanceof InvalidAction))
    throw new InvalidLine(firstLine - 1 + failure.line, failure.detail);
  if (failure !== undefined) throw failure;
}

/** A line is not an action, or the action is invalid. */
class InvalidAction extends InvalidLine {
  constructor(line: number, { errors }: ValidationFailed) {
    super(line, 'is invalid: `errors` names each problem', { errors });
  }
}

class GrowingBatch implements ImportBatch {
  readonly actions: ImportedAction[] = [];
  readonly numbers: number[] = [];
  skipped = 0;
  isComplete = false;
  private length = 0;

  constructor(public lastLine: number) {}

  get isFull(): boolean {
    return this.actions.length >= MAX_ACTIONS || this.length >= MAX_LENGTH;
  }

  skip(line: number, text: string): void {
    const last = readLastLine(text);
    this.isComplete = last?.isEnd ?? false;
    if (last === undefined) this.skipped += 1;
    this.lastLine = line;
  }

  /** @throws InvalidAction */
  add(number: number, text: string): void {
    const line = readLine(number, text);
    this.isComplete = 'isEnd' in line && line.isEnd;
    if ('action' in line) {
      this.actions.push(line.action);
      this.numbers.push(number);
      this.length += text.length;
    }
    this.lastLine = number;
  }
}

function readLine(number: number, text: string): ImportLine {
  try {
    return readImportLine(text);
  } catch (error) {
    throw error instanceof ValidationFailed ? new InvalidAction(number, error) : error;
  }
}
