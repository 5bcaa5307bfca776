import { type FieldInfo, INTEGER, objectSchema, type SchemaObject } from '../nova/schema/fields.js';

/** The result of an import. */
export interface ImportResult {
  /** The sum of the four following numbers. */
  readonly lines: number;
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly next_line: number;
  readonly complete: boolean;
}

/** The progress of an import. */
export interface ImportProgress {
  readonly import: string;
  readonly next_line: number;
}

const NEXT_LINE: FieldInfo = {
  description: 'The number of the line with which the import continues.',
  schema: INTEGER,
};

const RESULT = objectSchema(
  'The result of an import',
  {
    lines: {
      description:
        'The number of lines with an action: the sum of `imported`, `updated`, `unchanged` and `skipped`. The last line of ' +
        'an export has no action.',
      schema: INTEGER,
    },
    imported: { description: 'The number of actions that are new in the log.', schema: INTEGER },
    updated: {
      description:
        'The number of actions of which the log had an older version: it now has the version of the line.',
      schema: INTEGER,
    },
    unchanged: {
      description:
        'The number of lines whose action the log already had, in the same version or a newer one.',
      schema: INTEGER,
    },
    skipped: {
      description: 'The number of lines with an action that an earlier request of the same import has kept.',
      schema: INTEGER,
    },
    next_line: NEXT_LINE,
    complete: {
      description:
        'True if the last line of the body is `{"end": true}`, also if the line was skipped. False if more lines follow: the ' +
        'body is a part of an export, or the export was cut.',
      schema: { type: 'boolean' },
    },
  },
  { lines: 2, imported: 2, updated: 0, unchanged: 0, skipped: 0, next_line: 4, complete: true },
);

const PROGRESS = objectSchema(
  'The progress of an import',
  { import: { description: 'The name of the import.' }, next_line: NEXT_LINE },
  { import: 'from-region-one', next_line: 120_501 },
);

export const importedResponse: Responses = { external: RESULT, internal: RESULT };
export const progressResponse: Responses = { external: PROGRESS, internal: PROGRESS };

interface Responses {
  readonly external: SchemaObject;
  readonly internal: SchemaObject;
}
