import { QueryParameter } from '../nova/query/query-parameter.js';

/** The query of an import. */
export class ImportQuery {
  @QueryParameter({
    kind: 'text',
    description:
      'A name that you choose, at most 255 characters. The service remembers the last line of each import by its name. ' +
      'A repeated request with the same name skips the lines that the service has.',
  })
  readonly import?: string;

  @QueryParameter({
    kind: 'positiveInteger',
    description: 'The number of the first line of this body in the whole import. The default is 1.',
  })
  readonly first_line?: number;
}

/** The query of the progress of an import. */
export class ImportProgressQuery {
  @QueryParameter({ kind: 'text', description: 'The name of the import. It is required.' })
  readonly import?: string;
}
