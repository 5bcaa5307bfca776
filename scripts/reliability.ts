import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { faultsIn, keptRows, PAGE, type Row } from '../test/faults/support/rows.js';

/**
 * Writes the results of the last runs of test/faults/ into the two tables of docs/reliability.md. The order of the rows
 * does not change.
 */
const HEAD = ['Load', 'Requests', 'Correct', 'Rejected', 'Wrong', 'Slowest, ms', 'Recovered after, ms'];
const USAGE = ['Descriptors', 'Memory, MiB', 'Peak, MiB'];

const rows = keptRows();
const page = [
  { first: 'Fault', head: HEAD, rows: rows.filter(({ usage }) => usage === undefined) },
  { first: 'Attack', head: [...HEAD, ...USAGE], rows: rows.filter(({ usage }) => usage !== undefined) },
].reduce(withTable, readFileSync(PAGE, 'utf8'));
writeFileSync(PAGE, await format(page, { parser: 'markdown', singleQuote: true, printWidth: 110 }));

interface Table {
  /** The heading of the first column, by which the script finds the table in the page. */
  readonly first: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

function withTable(text: string, { first, head, rows: ofTable }: Table): string {
  const table = new RegExp(`^\\| ${first} .*\\n(\\|.*\\n)*`, 'm');
  const [before = ''] = table.exec(text) ?? [];
  const byName = new Map(ofTable.map((row) => [row.fault, row]));
  const lines = [...new Set([...faultsIn(before), ...byName.keys()])].flatMap((name) => {
    const row = byName.get(name);
    if (row === undefined)
      process.stderr.write(`removed from the table, because this machine has no result: ${name}\n`);
    return row === undefined ? [] : [cells(row)];
  });
  const all = [[first, ...head], ['-', '-', ...head.slice(1).map(() => '-:')], ...lines];
  return text.replace(table, () => all.map((line) => `| ${line.join(' | ')} |\n`).join(''));
}

function cells({ fault, load, slowest, recovered, usage, ...counts }: Row): string[] {
  const { asked, right, refused, other } = counts;
  const numbers = [asked, right, refused, other, Math.round(slowest), Math.round(recovered)];
  return [fault, load, ...numbers.map((number) => number.toLocaleString('en')), ...usageCells(usage)];
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
