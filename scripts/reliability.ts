import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { faultsIn, keptRows, PAGE, type Row } from '../test/faults/support/rows.js';

/** Puts the outcomes of the last runs of test/faults/ into the table of docs/reliability.md, in the order that it has. */
const TABLE = /^\| Fault .*\n(\|.*\n)*/m;
const HEAD = [
  ['Fault', 'Load', 'Asked', 'Right', 'Refused', 'Anything else', 'Slowest, ms', 'Well again after, ms'],
  ['-', '-', '-:', '-:', '-:', '-:', '-:', '-:'],
];

const page = readFileSync(PAGE, 'utf8');
const rows = new Map(keptRows().map((row) => [row.fault, row]));
const [table = ''] = TABLE.exec(page) ?? [];
const inOrder = new Set([...faultsIn(table), ...rows.keys()]);
const lines = [...inOrder].flatMap((fault) => {
  const row = rows.get(fault);
  if (row === undefined) process.stderr.write(`has not run here, and is left out: ${fault}\n`);
  return row === undefined ? [] : [cells(row)];
});
const filled = [...HEAD, ...lines].map((line) => `| ${line.join(' | ')} |\n`).join('');
const styled = { parser: 'markdown', singleQuote: true, printWidth: 110 };
writeFileSync(
  PAGE,
  await format(
    page.replace(TABLE, () => filled),
    styled,
  ),
);

function cells({ fault, load, slowest, recovered, ...counts }: Row): string[] {
  const { asked, right, refused, other } = counts;
  const numbers = [asked, right, refused, other, Math.round(slowest), Math.round(recovered)];
  return [fault, load, ...numbers.map((number) => number.toLocaleString('en'))];
}
