import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { faultsIn, keptRows, PAGE, type RecordedRow, type Row } from '../test/faults/support/rows.js';

/**
 * Writes the results of the last runs of test/faults/ into the tables of docs/reliability.md. The order of the rows
 * does not change.
 */
const HEAD = ['Load', 'Requests', 'Correct', 'Rejected', 'Wrong', 'Slowest, ms', 'Recovered after, ms'];
const USAGE = ['Descriptors', 'Memory, MiB', 'Peak, MiB'];

const RECORDER_COLUMNS = ['Rows of Nova', 'Entries', 'Missing rows', 'Doubled entries', 'Complete after, ms'];

const kept = keptRows();
const rows = kept.filter((row) => 'asked' in row);
const page = [
  { first: 'Fault', head: HEAD, rows: rows.filter(({ usage }) => usage === undefined) },
  { first: 'Attack', head: [...HEAD, ...USAGE], rows: rows.filter(({ usage }) => usage !== undefined) },
  { first: 'Interruption', head: RECORDER_COLUMNS, rows: kept.filter((row) => 'missing' in row) },
].reduce(withTable, readFileSync(PAGE, 'utf8'));
writeFileSync(PAGE, await format(page, { parser: 'markdown', singleQuote: true, printWidth: 110 }));

interface Table {
  /** The heading of the first column, by which the script finds the table in the page. */
  readonly first: string;
  readonly head: readonly string[];
  readonly rows: readonly (Row | RecordedRow)[];
}

function withTable(text: string, { first, head, rows: ofTable }: Table): string {
  const table = new RegExp(`^\\| ${first} .*\\n(\\|.*\\n)*`, 'm');
  const [before = ''] = table.exec(text) ?? [];
  const byName = new Map(ofTable.map((row) => [row.fault, row]));
  const lines = [...new Set([...faultsIn(before), ...byName.keys()])].flatMap((name) => {
    const row = byName.get(name);
    if (row === undefined)
      process.stderr.write(`removed from the table, because this machine has no result: ${name}\n`);
    return row === undefined ? [] : ['missing' in row ? recordedCells(row) : cells(row)];
  });
  const all = [[first, ...head], ['-', ...head.map((name) => (name === 'Load' ? '-' : '-:'))], ...lines];
  return text.replace(table, () => all.map((line) => `| ${line.join(' | ')} |\n`).join(''));
}

function cells({ fault, load, slowest, recovered, usage, ...counts }: Row): string[] {
  const { asked, right, refused, other } = counts;
  const numbers = [asked, right, refused, other, Math.round(slowest), Math.round(recovered)];
  return [fault, load, ...numbers.map((number) => number.toLocaleString('en')), ...usageCells(usage)];
}

function recordedCells({ fault, ...row }: RecordedRow): string[] {
  const numbers = [row.rows, row.entries, row.missing, row.doubled, Math.round(row.complete)];
  return [fault, ...numbers.map((number) => number.toLocaleString('en'))];
}

function usageCells(usage: Row['usage']): string[] {
  if (usage === undefined) return [];
  const { before, after } = usage;
  return [
    `${before.descriptors} → ${after.descriptors}`,
    `${before.memory} → ${after.memory}`,
    String(after.peak),
  ];
}
