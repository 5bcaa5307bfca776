/** A case whose response differs from the recorded answer. */
export interface Difference {
  readonly id: string;
  readonly group: string;
  /** A paragraph with the case, its request, the expected values and the received values. */
  readonly text: string;
}

/** A difference that is accepted, with the reason. */
export interface KnownDifference extends Difference {
  readonly reason: string;
}

/** The counts of one group or of all cases: `total` = `same` + `different` + `known`. */
export interface Tally {
  total: number;
  same: number;
  readonly different: Difference[];
  readonly known: KnownDifference[];
}

/** The results of a replay. */
export interface ReplayReport extends Tally {
  readonly groups: ReadonlyMap<string, Tally>;
  /** Ids of known differences that no longer occur: the response now equals the recorded answer. */
  readonly outdated: readonly string[];
}

const MAX_SHOWN = 20;

/** Formats the report as text: one line for each group, then the differences, then the total. */
export function formatReport(report: ReplayReport): string {
  const cells = [['group', 'cases', 'same', 'different', 'known']];
  for (const [name, { total, same, different, known }] of report.groups) {
    cells.push([name, ...[total, same, different.length, known.length].map(number)]);
  }
  const columns = report.known.length > 0 ? 5 : 4;
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  const lines = cells.map((row) => row.slice(0, columns).map(pad).join('  '));

  for (const { text } of report.different.slice(0, MAX_SHOWN)) lines.push('', text);
  const more = report.different.length - MAX_SHOWN;
  if (more > 0) lines.push('', `… and ${number(more)} more differences`);
  if (report.known.length > 0) lines.push('');
  for (const { id, reason } of report.known) lines.push(`known difference ${id}: ${reason}`);
  for (const id of report.outdated)
    lines.push(`no longer different: ${id} (remove it from the known differences)`);
  lines.push('', `${number(report.same)} of ${number(report.total)}`);
  return lines.join('\n');
}

export function printReport(report: ReplayReport): void {
  process.stdout.write(`${formatReport(report)}\n`);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
