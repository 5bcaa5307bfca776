import type { ImportedAction } from '../instance-actions/imported-action.js';
import { readApiBody } from '../nova/body/api-body.js';
import { type RequestProblem, ValidationFailed } from '../nova/fault/validation-failed.js';
import { PythonFloat, type PythonValue } from '../nova/python/json.js';
import { isDict } from '../nova/python/repr.js';
import { LineBody } from './import.body.js';
import { storedBody } from './recording-input.js';

/** The last line of an export. */
interface LastLine {
  /** True if the export is complete. */
  readonly isEnd: boolean;
}

/** A line of an import: an action, or the last line of an export. */
export type ImportLine = { readonly action: ImportedAction } | LastLine;

/**
 * Reads a line of an import. A null and an empty list have the same meaning as an absent value.
 *
 * @throws ValidationFailed with all problems of the line
 */
export function readImportLine(text: string): ImportLine {
  const line = parse(text);
  const last = lastLineOf(line);
  if (last !== undefined) return last;
  const body = storedBody(readApiBody(LineBody, line));
  checkIds(body);
  const { server, server_id = server?.id, project_id = server?.project_id } = body;
  return { action: { ...body, ...(server_id && { server_id }), ...(project_id && { project_id }) } };
}

/** Reads a line that the store already has. Returns undefined for all lines but the last line of an export. */
export function readLastLine(text: string): LastLine | undefined {
  // Most lines are actions, which this function need not parse.
  if (!/^\s*\{\s*"(?:end|next)"/.test(text)) return undefined;
  try {
    return lastLineOf(parse(text));
  } catch {
    return undefined;
  }
}

function lastLineOf(line: PythonValue): LastLine | undefined {
  if (!isDict(line) || line.size !== 1) return undefined;
  if (line.get('end') === true) return { isEnd: true };
  return typeof line.get('next') === 'string' ? { isEnd: false } : undefined;
}

/** The maximum depth of lists and objects in a line. A valid line has 3. */
const MAX_DEPTH = 10;

/** Parses a line. `JSON.parse` takes a small part of the time of `parsePythonJson`. */
function parse(text: string): PythonValue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('the line is not JSON');
  }
  return withoutNulls(value, MAX_DEPTH);
}

function withoutNulls(value: unknown, depth: number): PythonValue {
  if (typeof value === 'number') return Number.isInteger(value) ? asInteger(value) : new PythonFloat(value);
  if (typeof value !== 'object' || value === null) return value as string | boolean | null;
  if (depth === 0) throw invalid('the JSON is nested too deeply');
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth - 1));
  const dict = new Map<string, PythonValue>();
  for (const [name, inner] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (inner !== null && !(Array.isArray(inner) && inner.length === 0))
      dict.set(name, withoutNulls(inner, depth - 1));
  }
  return dict;
}

function asInteger(value: number): number | bigint {
  return Number.isSafeInteger(value) ? value : BigInt(value);
}

function invalid(detail: string): ValidationFailed {
  return new ValidationFailed([{ pointer: '', detail }]);
}

/** @throws ValidationFailed if nothing identifies the action, or if the line has two ids of the server or its project */
function checkIds({ id, external_id: externalId, server_id, project_id, server = {} }: LineBody): void {
  const problems: RequestProblem[] = [];
  if (id === undefined && externalId === undefined)
    problems.push({ pointer: '/id', detail: 'the line needs an id or an external_id' });
  if (externalId !== undefined && Buffer.byteLength(externalId) > 512)
    problems.push({ pointer: '/external_id', detail: 'the id has more than 512 bytes' });
  if (server.id !== undefined && server_id !== undefined && server.id !== server_id)
    problems.push({ pointer: '/server/id', detail: 'it is not the same as server_id' });
  if (server.project_id !== undefined && project_id !== undefined && server.project_id !== project_id)
    problems.push({ pointer: '/server/project_id', detail: 'it is not the same as project_id' });
  if (problems.length > 0) throw new ValidationFailed(problems);
}
