/** The results of one version of Node. */
export interface Report {
  /** The version from the command line; the full version after the installation. */
  version: string;
  /** Step → duration in seconds, for the completed steps. */
  readonly seconds: Record<string, number>;
  /** Resident memory of the service in MiB, after its requests. */
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
