import { Get, Post } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import { InvalidLine } from '../nova/fault/invalid-line.js';
import { Caller, CheckedBody, CheckedQuery } from '../nova/pipeline/parameters.js';
import { ApiResource } from '../nova/pipeline/resource.js';
import type { BodyLine, LineBody as LinesOfBody } from '../nova/route/api-features.js';
import { ApiRoute } from '../nova/route/declarations.js';
import { documentedSteps } from '../nova/route/documented-body.js';
import { policies } from './action-log.policies.js';
import { LineBody } from './import.body.js';
import { LinesMissing } from './import-failures.js';
import { ImportProgressQuery, ImportQuery } from './import.query.js';
import {
  importedResponse,
  type ImportProgress,
  type ImportResult,
  progressResponse,
} from './import.schema.js';
import { ImportService } from './import.service.js';

/** The parts of the declarations that both routes share. */
const common = { policy: policies.record, policyTarget: 'project', writes: 'own tables' } as const;

const [line] = documentedSteps(LineBody);

const body: LinesOfBody = {
  lines: true,
  description:
    'Lines of an export, of any number. Each line is an action with its events and its server, and has at most 1 MiB. ' +
    'Null has the same meaning as an absent value. The last line of an export has no action, and has no effect.',
  schema: line?.schema ?? {},
  examples: line === undefined ? [] : [line.example, { end: true }],
};

/** Returns a result unchanged: all callers see the same. */
function same<Result>(result: Result): Result {
  return result;
}

@ApiResource('action-log/v1', {
  title: 'Imports',
  description:
    'An import copies the actions that the log of another store has exported. It keeps the actions in the order of the ' +
    'lines. A repeated import changes nothing, and an import of newer versions of the actions updates them.',
})
export class ImportController {
  constructor(private readonly service: ImportService) {}

  @Post('actions::import')
  @ApiRoute({
    ...common,
    operation: 'importActions',
    summary: 'Import actions',
    description:
      'Imports actions that another log has exported. The service keeps some hundred lines at a time. If a line is ' +
      'invalid, the service keeps all lines before it, and none from there on. `kept_lines` in the problem is the ' +
      'number of the last kept line. With a name in the query, a repeated request continues after this line.',
    query: ImportQuery,
    body,
    faults: [
      new InvalidLine(3, 'is invalid: `errors` names each problem', { kept_lines: 2 }),
      new LinesMissing(120_501),
    ],
    view: { external: same, internal: same },
    response: importedResponse,
  })
  import(
    @Caller() caller: RequestContext,
    @CheckedBody() lines: AsyncIterable<BodyLine>,
    @CheckedQuery() query: ImportQuery,
  ): Promise<ImportResult> {
    return this.service.import(caller, lines, query);
  }

  @Get('actions::import')
  @ApiRoute({
    ...common,
    operation: 'showImport',
    summary: 'Show the progress of an import',
    description: 'Shows the line with which a named import continues. Each user has imports of their own.',
    query: ImportProgressQuery,
    view: { external: same, internal: same },
    response: progressResponse,
  })
  progress(
    @Caller() caller: RequestContext,
    @CheckedQuery() query: ImportProgressQuery,
  ): Promise<ImportProgress> {
    return this.service.progress(caller, query);
  }
}
