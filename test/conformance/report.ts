/** A case that was not answered as recorded. */
export interface Difference {
  readonly id: string;
  readonly group: string;
  /** One paragraph: the case, the request, what was expected and what came. */
  readonly text: string;
}

/** A difference that was expected, and why. */
export interface KnownDifference extends Difference {
  readonly reason: string;
}

/** What became of the cases of one group, or of all: `asked` = `same` + `different` + `known`. */
export interface Tally {
  asked: number;
  same: number;
  readonly different: Difference[];
  readonly known: KnownDifference[];
}

/** What a replay found. */
export interface ReplayReport extends Tally {
  readonly groups: ReadonlyMap<string, Tally>;
  /** Ids named as known differences whose answer is the recorded one: to be struck off that list. */
  readonly outdated: readonly string[];
}

const SHOWN = 20;

/** The report as text: a line per group, the differences, the total. */
export function formatReport(report: ReplayReport): string {
  const cells = [['group', 'asked', 'same', 'different', 'known']];
  for (const [name, { asked, same, different, known }] of report.groups) {
    cells.push([name, ...[asked, same, different.length, known.length].map(number)]);
  }
  const columns = report.known.length > 0 ? 5 : 4;
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  const lines = cells.map((row) => row.slice(0, columns).map(pad).join('  '));

  for (const { text } of report.different.slice(0, SHOWN)) lines.push('', text);
  const more = report.different.length - SHOWN;
  if (more > 0) lines.push('', `… and ${number(more)} more differences`);
  if (report.known.length > 0) lines.push('');
  for (const { id, reason } of report.known) lines.push(`known difference ${id}: ${reason}`);
  for (const id of report.outdated)
    lines.push(`no longer different: ${id} (strike it off the known differences)`);
  lines.push('', `${number(report.same)} of ${number(report.asked)}`);
  return lines.join('\n');
}

/** Writes the report to standard output. */
export function printReport(report: ReplayReport): void {
  process.stdout.write(`${formatReport(report)}\n`);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
