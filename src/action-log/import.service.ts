import { Injectable } from '@nestjs/common';
import { DatabaseUnavailable } from '../database/connection/database.js';
import type { RequestContext } from '../identity/request-context.js';
import { ActionImporter } from '../instance-actions/action-importer.js';
import { NotFound, ServiceUnavailable } from '../nova/fault/faults.js';
import { InvalidLine } from '../nova/fault/invalid-line.js';
import { ValidationFailed } from '../nova/fault/validation-failed.js';
import type { BodyLine } from '../nova/route/api-features.js';
import { importBatches } from './import-batches.js';
import { ImportInterrupted, LinesMissing } from './import-failures.js';
import type { ImportProgress, ImportResult } from './import.schema.js';
import type { ImportProgressQuery, ImportQuery } from './import.query.js';
import { BROKEN_TEXT } from './recording-input.js';

/** The maximum length of the name of an import, in characters. */
const MAX_NAME_LENGTH = 255;

/** Imports the lines of exports. */
@Injectable()
export class ImportService {
  constructor(private readonly importer: ActionImporter) {}

  /**
   * Imports actions, some hundreds in one transaction. If a line is invalid, the store keeps all lines before it.
   *
   * @throws ValidationFailed for an invalid name
   * @throws LinesMissing if the first line is not the next one of the import
   * @throws InvalidLine, ImportInterrupted with the number of the last line that the store keeps
   * @throws the errors with which the reading of lines fails
   */
  async import(
    caller: RequestContext,
    lines: AsyncIterable<BodyLine>,
    { import: name, first_line: firstLine = 1 }: ImportQuery,
  ): Promise<ImportResult> {
    if (name !== undefined) checkName(name);
    const known = name === undefined ? undefined : ((await this.importer.lastLine(caller, name)) ?? 0);
    if (known !== undefined && firstLine > known + 1) throw new LinesMissing(known + 1);
    const sum = { lines: 0, imported: 0, updated: 0, unchanged: 0, skipped: 0 };
    let lastLine = Math.max(firstLine - 1, known ?? 0);
    let isComplete = false;
    try {
      for await (const batch of importBatches(lines, firstLine, known ?? 0)) {
        const { actions, numbers, skipped } = batch;
        const { imported, updated, rejected } = await this.importer.import(caller, actions, numbers, {
          ...{ name, lastLine: batch.lastLine },
        });
        if (rejected !== undefined) {
          const line = numbers[rejected.index] ?? 0;
          lastLine = line - 1;
          throw new InvalidLine(line, rejected.detail);
        }
        isComplete = batch.isComplete;
        lastLine = Math.max(lastLine, batch.lastLine);
        sum.lines += actions.length + skipped;
        sum.imported += imported;
        sum.updated += updated;
        sum.unchanged += actions.length - imported - updated;
        sum.skipped += skipped;
      }
    } catch (error) {
      throw withKeptLines(error, lastLine);
    }
    return { ...sum, next_line: lastLine + 1, complete: isComplete };
  }

  /** @throws ValidationFailed for a request without a valid name @throws NotFound for an unknown import */
  async progress(
    caller: RequestContext,
    { import: name = '' }: ImportProgressQuery,
  ): Promise<ImportProgress> {
    checkName(name);
    const line = await this.importer.lastLine(caller, name);
    if (line === undefined) throw new NotFound(`The import ${name} could not be found.`);
    return { import: name, next_line: line + 1 };
  }
}

/** @throws ValidationFailed */
function checkName(name: string): void {
  if (name !== '' && [...name].length <= MAX_NAME_LENGTH && !BROKEN_TEXT.test(name)) return;
  const detail = `the name of the import must have 1 to ${MAX_NAME_LENGTH} characters`;
  throw new ValidationFailed([{ parameter: 'import', detail }]);
}

/** Adds to an error the number of the last line that the store keeps. */
function withKeptLines(error: unknown, keptLines: number): unknown {
  if (error instanceof InvalidLine) {
    const { line, detail, problem } = error;
    return new InvalidLine(line, detail, { ...problem.members, kept_lines: keptLines });
  }
  if (error instanceof DatabaseUnavailable) return new ImportInterrupted(keptLines, error.cause);
  return error instanceof ServiceUnavailable ? new ImportInterrupted(keptLines) : error;
}
