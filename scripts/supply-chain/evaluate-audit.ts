import { isRecord } from '../../src/common/is-record.js';

/** The evaluated result of `npm audit --json`. */
export type AuditResult =
  | { readonly kind: 'clean' }
  /** The registry offers no audits. */
  | { readonly kind: 'not checked'; readonly why: string }
  | { readonly kind: 'vulnerable'; readonly packages: readonly string[] };

/** The status codes of a registry that offers no audits. */
const NOT_SUPPORTED = [404, 405, 501];

/**
 * Evaluates the output of `npm audit --json`.
 *
 * @throws Error if the format of the output is unknown. Otherwise such output would count as an audit without
 *   findings
 */
export function evaluateAudit(output: unknown): AuditResult {
  if (!isRecord(output)) throw new Error('npm audit printed no JSON object');
  if (NOT_SUPPORTED.includes(Number(output['statusCode']))) {
    return { kind: 'not checked', why: `the registry offers no audits (${String(output['statusCode'])})` };
  }
  const { vulnerabilities } = output;
  if (!isRecord(vulnerabilities)) {
    throw new Error(`npm audit failed: ${JSON.stringify(output['message'] ?? output['error'] ?? output)}`);
  }
  const packages = Object.entries(vulnerabilities).map(([name, what]) => {
    return `${name} (${isRecord(what) ? String(what['severity']) : 'unknown'})`;
  });
  return packages.length === 0 ? { kind: 'clean' } : { kind: 'vulnerable', packages };
}
