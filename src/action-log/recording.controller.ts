import { Param, Patch, Post } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import { AlreadyFinished, DifferentContent, OfOtherOwner } from '../instance-actions/recording-failures.js';
import { Caller, CheckedBody, CheckedHeader } from '../nova/pipeline/parameters.js';
import { ApiResource } from '../nova/pipeline/resource.js';
import type { AuditedRequest } from '../nova/route/api-features.js';
import { ApiRoute } from '../nova/route/declarations.js';
import { policies } from './action-log.policies.js';
import { recordedListResponse, recordedResponse } from './action-log.schema.js';
import { type LoggedAction, recordedListView, recordedView } from './action-log.view.js';
import { DOCUMENTED_IDS } from './public-id.js';
import { ActionEndBody, EventEndBody, NewActionsBody, NewEventsBody } from './recording.body.js';
import { RecordingService } from './recording.service.js';

/** The parts of the declarations that all routes share. */
const common = {
  policy: policies.record,
  policyTarget: 'project',
  internal: policies.internal,
  fields: { host: policies.hosts, cell: policies.hosts },
  writes: 'own tables',
  audit: ({ access }: AuditedRequest) => (access.view === 'internal' ? 'internal view' : undefined),
} as const;

const one = { ...common, view: recordedView, response: recordedResponse } as const;

const { id, event_id } = DOCUMENTED_IDS;

const KEY = 'Idempotency-Key';

const headers = {
  [KEY]: {
    description:
      'A text that you choose. A repeated request with the same key and the same content changes nothing. With it, ' +
      'the actions or events must not have an `external_id`.',
    pattern: /[\x21-\x7e]{1,255}/,
    example: 'b0c3c8d2-7c0e-4f0e-8a37-5f2f5f0f9d11',
  },
};

const finished = [new AlreadyFinished('action')];

@ApiResource('action-log/v1/actions', {
  title: 'Recorded actions',
  description:
    'A service that is not Nova records its actions here. The service begins an action, adds its events, and finishes ' +
    'the events and the action. Only the same user can change the action later.',
})
export class RecordingController {
  constructor(private readonly service: RecordingService) {}

  @Post()
  @ApiRoute({
    ...common,
    operation: 'beginActions',
    summary: 'Begin actions',
    description:
      'Records actions, all of them or none. A server is registered by its first action. An action that has already ' +
      'finished may have its status and its events at once.',
    status: 201,
    headers,
    body: NewActionsBody,
    faults: [
      new OfOtherOwner(['7d3f0c52-6f0e-4b8e-9a55-2d1c6a0f4e11']),
      new DifferentContent(['deployment 4711']),
    ],
    items: (actions: readonly LoggedAction[]) => actions.length,
    view: recordedListView,
    response: recordedListResponse,
  })
  begin(
    @Caller() caller: RequestContext,
    @CheckedBody() body: NewActionsBody,
    @CheckedHeader(KEY) key: string | undefined,
  ): Promise<readonly LoggedAction[]> {
    return this.service.begin(caller, body, key);
  }

  @Patch(':id')
  @ApiRoute({
    ...one,
    operation: 'finishAction',
    summary: 'Finish an action',
    description: 'States the status of an action. A repeated request with the same content changes nothing.',
    parameters: { id },
    body: ActionEndBody,
    faults: finished,
  })
  finish(
    @Caller() caller: RequestContext,
    @Param('id') id: string,
    @CheckedBody() body: ActionEndBody,
  ): Promise<LoggedAction> {
    return this.service.finish(caller, id, body);
  }

  @Post(':id/events')
  @ApiRoute({
    ...one,
    operation: 'addActionEvents',
    summary: 'Add events',
    description: 'Adds events to an action that has not finished, all of them or none.',
    status: 201,
    parameters: { id },
    headers,
    body: NewEventsBody,
    faults: [...finished, new DifferentContent(['write 1'])],
  })
  addEvents(
    @Caller() caller: RequestContext,
    @Param('id') id: string,
    @CheckedBody() body: NewEventsBody,
    @CheckedHeader(KEY) key: string | undefined,
  ): Promise<LoggedAction> {
    return this.service.addEvents(caller, id, body, key);
  }

  @Patch(':id/events/:event_id')
  @ApiRoute({
    ...one,
    operation: 'finishActionEvent',
    summary: 'Finish an event',
    description: 'States the result of an event. A repeated request with the same content changes nothing.',
    parameters: { id, event_id },
    body: EventEndBody,
    faults: [new AlreadyFinished('event')],
  })
  finishEvent(
    @Caller() caller: RequestContext,
    @Param('id') id: string,
    @Param('event_id') event_id: string,
    @CheckedBody() body: EventEndBody,
  ): Promise<LoggedAction> {
    return this.service.finishEvent(caller, { id, event_id }, body);
  }
}
