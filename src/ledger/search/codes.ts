import { hash } from 'node:crypto';

/** The kinds of texts for which the search has codes of 32 bits. */
export type CodeKind = 'server' | 'request' | 'user' | 'action' | 'host';

/** The code of null. */
const NO_CODE = 0;

/** The bits that the code of a project omits: 64 bits minus the 53 bits of an integer that JavaScript represents. */
const OMITTED_BITS = 11n;

/**
 * Returns the number by which the search finds a text: the first 32 bits of its SHA-256. Two texts may have the same
 * code, so the reader compares the texts, too. Unlike Nova's tables, a code distinguishes upper and lower case.
 */
export function codeOf(kind: CodeKind, text: string | null): number {
  return text === null ? NO_CODE : digestOf(kind, text).readUInt32BE();
}

/**
 * Returns the code of a project. It has 53 bits, so that two projects practically never have the same code: the duration
 * of a search must not depend on the actions of another project.
 */
export function projectCode(project: string | null): number {
  if (project === null) return NO_CODE;
  return Number(digestOf('project', project).readBigUInt64BE() >> OMITTED_BITS);
}

function digestOf(kind: CodeKind | 'project', text: string): Buffer {
  return hash('sha256', `${kind}:${text}`, 'buffer');
}
