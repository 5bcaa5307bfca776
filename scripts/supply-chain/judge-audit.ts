import { isRecord } from '../../src/common/is-record.js';

/** What `npm audit --json` came to. */
export type Judgement =
  | { readonly kind: 'clean' }
  /** Nobody said anything of the packages, for better or worse. */
  | { readonly kind: 'not asked'; readonly why: string }
  | { readonly kind: 'vulnerable'; readonly packages: readonly string[] };

/** What a registry without this service answers. */
const NOT_SERVED = [404, 405, 501];

/** @throws Error for an answer that is none of those known: it is not taken for a clean one */
export function judgeAudit(answer: unknown): Judgement {
  if (!isRecord(answer)) throw new Error('npm audit gave no JSON object');
  if (NOT_SERVED.includes(Number(answer['statusCode']))) {
    return { kind: 'not asked', why: `the registry serves no advisories (${String(answer['statusCode'])})` };
  }
  const { vulnerabilities } = answer;
  if (!isRecord(vulnerabilities)) {
    throw new Error(`npm audit failed: ${JSON.stringify(answer['message'] ?? answer['error'] ?? answer)}`);
  }
  const packages = Object.entries(vulnerabilities).map(([name, what]) => {
    return `${name} (${isRecord(what) ? String(what['severity']) : 'unknown'})`;
  });
  return packages.length === 0 ? { kind: 'clean' } : { kind: 'vulnerable', packages };
}
