import { BadRequest } from './faults.js';

/** A line of the body is invalid. */
export class InvalidLine extends BadRequest {
  override readonly problem;

  /**
   * @param line the number of the line, from 1
   * @param detail a part of a sentence, such as `is not JSON`
   * @param members further members of the problem
   */
  constructor(
    readonly line: number,
    readonly detail: string,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(`Line ${line} ${detail}.`);
    this.problem = {
      slug: 'invalid-line',
      title: 'A line of the body is invalid',
      members: { line, ...members },
    };
  }
}
