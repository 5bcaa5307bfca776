/** The test results for one version of Node. */
export interface Report {
  /** The version of Node: until the installation as on the command line, such as `24`, and afterwards in full. */
  version: string;
  /** The duration of each completed step, in seconds. */
  readonly seconds: Record<string, number>;
  /** The resident memory of the service after the requests, in MiB. */
  memory: number | undefined;
  failure: string | undefined;
}

/** Formats the reports as a Markdown table with one row for each version. */
export function asTable(reports: readonly Report[]): string {
  const steps = [...new Set(reports.flatMap(({ seconds }) => Object.keys(seconds)))];
  const lines = [
    ['Node', ...steps.map((step) => `${step} s`), 'MiB', 'outcome'],
    ['---', ...steps.map(() => '---:'), '---:', '---'],
    ...reports.map(({ version, seconds, memory, failure }) => [
      version,
      ...steps.map((step) => seconds[step]?.toFixed(0) ?? '–'),
      memory?.toFixed(0) ?? '–',
      failure === undefined ? 'passed' : `FAILED: ${failure.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
