import { EVENT_INDEXES } from '../actions/action-rows.js';
import { type FreshTimes, freshTimes, type State } from '../actions/action-status.js';
import { copyIdsOf } from '../copy/copy-id.js';
import { codeOf, projectCode } from './codes.js';
import type { Arm, Plan } from './plan.js';
import type { Condition, SearchQuery } from './search-query.js';
import type { Age } from './wanted.js';

/** A part of a statement, with the values for its question marks. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The columns with the text of a field: its code in `search_actions`, and the text in the table of actions. */
const TEXT_COLUMNS = {
  user_id: { code: 'user', text: 'user_id' },
  server_id: { code: 'server', text: 'instance_uuid' },
  request_id: { code: 'request', text: 'request_id' },
  action: { code: 'action', text: 'action' },
} as const;

/** A function that returns the condition to check for each entry of an arm; undefined if there is none. */
export type ResidualOf = (arm: Pick<Arm, 'age'>) => Sql | undefined;

/** Makes the conditions on the row `found` of `search_actions` that the arms of a plan do not contain. */
export function residualsOf(
  { conditions, states }: Plan,
  { cells, now }: SearchQuery,
  isFile: boolean,
): ResidualOf {
  const fresh = freshTimes(now);
  const ofState = ([state, age]: readonly [State, Age]): Sql =>
    allOf([plain(`found.state = ${state}`), ...ofAge(age, fresh)]);
  const ofAllArms = [
    ...(cells === undefined ? [] : [anyOf(cells.map(inCell))]),
    ...(states === undefined ? [] : [anyOf([...states].map(ofState))]),
    ...conditions.map((condition) => conditionSql(condition, isFile)),
  ];
  return ({ age }) => {
    const all = [...ofAllArms, ...ofAge(age, fresh)];
    return all.length === 0 ? undefined : allOf(all);
  };
}

/** Returns the approximate number of rows that the residual conditions read for each entry. */
export function rowsPerEntry({ conditions }: Plan): number {
  return conditions.reduce((sum, condition) => sum + rowsOf(condition), 0);
}

function rowsOf({ field, operator, values }: Condition): number {
  switch (field) {
    case 'event':
      return 3;
    case 'host':
      // MariaDB finds one host of an action by its index. For several, it reads all hosts of the action.
      return values.length === 1 && operator === 'in' ? 2 : 4;
    default:
      return field in TEXT_COLUMNS && operator === 'nin' ? 1 : 0;
  }
}

function conditionSql(condition: Condition, isFile: boolean): Sql {
  switch (condition.field) {
    case 'host':
    case 'event':
      return eventCondition(condition.field, condition, isFile);
    case 'project_id': {
      // The code of a project has so many bits that no two projects have the same one.
      const codes = condition.values.map(projectCode);
      return plain(`found.project ${condition.operator === 'in' ? '' : 'NOT '}IN (${codes.join()})`);
    }
    case 'user_id':
    case 'server_id':
    case 'request_id':
    case 'action':
      return textCondition(condition.field, condition, isFile);
    case 'status':
      throw new Error('the plan of a search contains the conditions on the status');
    default:
      return timeCondition(condition);
  }
}

/** Returns the condition that an action has such a text. Another text with the same code may also fulfill `in`. */
function textCondition(
  field: keyof typeof TEXT_COLUMNS,
  { operator, values }: Condition,
  isFile: boolean,
): Sql {
  const { code, text } = TEXT_COLUMNS[field];
  const kind = { user: 'user', server: 'server', request: 'request', action: 'action' } as const;
  const codes = values.map((value) => codeOf(kind[code], value)).join();
  if (operator === 'in') return plain(`found.${code} IN (${codes})`);
  const differs = bytesIn(`source.${text}`, values, isFile);
  // `nin` must not exclude another text with the same code.
  const other = ofSource((prefix) =>
    exists(`${prefix}instance_actions source`, `source.id = found.id AND NOT ${differs}`),
  );
  return plain(`(found.${code} NOT IN (${codes}) OR ${other})`);
}

/** Returns the condition that an event of the action has such a host or name. */
function eventCondition(field: 'host' | 'event', { operator, values }: Condition, isFile: boolean): Sql {
  const isListed = bytesIn(`source.${field}`, values, isFile);
  const inEvents = ofSource((prefix) =>
    exists(
      `${prefix}instance_actions_events source ${indexHint(EVENT_INDEXES[prefix], isFile)}`,
      `source.action_id = found.id AND source.deleted = 0 AND ${isListed}`,
    ),
  );
  const codes = values.map((value) => codeOf('host', value)).join();
  const inHosts = exists(
    `search_hosts source ${indexHint('search_hosts_by_id', isFile)}`,
    `source.id = found.id AND source.host IN (${codes})`,
  );
  if (operator === 'in') return plain(field === 'host' ? inHosts : inEvents);
  return plain(field === 'host' ? `NOT (${inHosts} AND ${inEvents})` : `NOT ${inEvents}`);
}

function timeCondition({ field, operator, values }: Condition): Sql {
  const column = `found.${field}`;
  const marks = values.map(() => '?').join();
  switch (operator) {
    case 'in':
      return { text: `${column} IN (${marks})`, values };
    case 'nin':
      return { text: `(${column} IS NULL OR ${column} NOT IN (${marks}))`, values };
    default:
      return { text: `${column} ${COMPARISONS[operator]} ?`, values };
  }
}

const COMPARISONS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

function inCell(cell: number): Sql {
  const { first, last } = copyIdsOf(cell);
  return plain(`found.id BETWEEN ${first} AND ${last}`);
}

function ofAge(age: Age, { from, to }: FreshTimes): Sql[] {
  switch (age) {
    case 'any':
      return [];
    case 'fresh':
      return [{ text: 'found.updated_at BETWEEN ? AND ?', values: [from, to] }];
    case 'stale':
      return [
        {
          text: '(found.updated_at IS NULL OR found.updated_at NOT BETWEEN ? AND ?)',
          values: [from, to],
        },
      ];
  }
}

/** Returns an expression for an action of the store itself, or of the copy. @param of gets the prefix of the tables */
function ofSource(of: (prefix: 'copied_' | '') => string): string {
  return `CASE WHEN found.id <= ${copyIdsOf(0).last} THEN ${of('')} ELSE ${of('copied_')} END`;
}

/**
 * Returns the condition that a table has a matching row. A subquery with a LIMIT runs for each entry. MariaDB would turn
 * EXISTS into a join, which may read all rows of the table.
 */
function exists(table: string, condition: string): string {
  return `((SELECT 1 FROM ${table} WHERE ${condition} LIMIT 1) IS NOT NULL)`;
}

/** Returns the condition that a column has one of the texts, with the same bytes; false for null. */
function bytesIn(column: string, texts: readonly string[], isFile: boolean): string {
  const literals = texts.map((text) => `X'${Buffer.from(text).toString('hex')}'`);
  return `(${column} IS NOT NULL AND CAST(${column} AS ${isFile ? 'BLOB' : 'BINARY'}) IN (${literals.join()}))`;
}

function plain(text: string): Sql {
  return { text, values: [] };
}

function allOf(parts: readonly Sql[]): Sql {
  return joined(parts, ' AND ');
}

function anyOf(parts: readonly Sql[]): Sql {
  return joined(parts, ' OR ');
}

function joined(parts: readonly Sql[], separator: string): Sql {
  const texts = parts.map(({ text }) => text);
  return { text: `(${texts.join(separator)})`, values: parts.flatMap(({ values }) => values) };
}

/** Returns the part of a statement that makes the database use an index, whatever its statistics say. */
export function indexHint(index: string, isFile: boolean): string {
  if (!isFile) return `FORCE INDEX (${index})`;
  return index === 'PRIMARY' ? 'NOT INDEXED' : `INDEXED BY ${index}`;
}
