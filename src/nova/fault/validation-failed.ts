import { BadRequest } from './faults.js';

/** One problem of a request, and the part of the request in which it is. */
export interface RequestProblem {
  /** The name of a query parameter. */
  readonly parameter?: string;
  /** The name of a request header. */
  readonly header?: string;
  /** The JSON pointer of a value in the body; `''` for the whole body. */
  readonly pointer?: string;
  readonly detail: string;
}

/** The maximum number of problems in a response, and of characters in the text of each. */
const MAX_PROBLEMS = 100;
const MAX_DETAIL_LENGTH = 500;

/** The request is invalid. The response names all its problems, not only the first one as Nova does. */
export class ValidationFailed extends BadRequest {
  readonly errors: readonly RequestProblem[];

  /** @param all at least one problem */
  constructor(all: readonly RequestProblem[]) {
    const errors = all.slice(0, MAX_PROBLEMS).map(shortened);
    super(`The request is invalid. ${errors.map(sentenceOf).join(' ')}`);
    this.errors = errors;
  }
}

function shortened({ detail, ...place }: RequestProblem): RequestProblem {
  const characters = [...detail];
  if (characters.length <= MAX_DETAIL_LENGTH) return { ...place, detail };
  return { ...place, detail: `${characters.slice(0, MAX_DETAIL_LENGTH).join('')}…` };
}

function sentenceOf({ parameter, header, pointer, detail }: RequestProblem): string {
  return `${parameter ?? header ?? (pointer || 'body')}: ${detail}.`;
}
