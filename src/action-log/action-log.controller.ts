import { Get } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import {
  Caller,
  CheckedQuery,
  Enforce,
  type EnforcePolicy,
  GrantedAccess,
  RequestedLines,
  TargetItem,
} from '../nova/pipeline/parameters.js';
import { ApiResource } from '../nova/pipeline/resource.js';
import type { Access } from '../nova/policy/access.js';
import type { AuditedRequest, AuditReason, LinesRequest } from '../nova/route/api-features.js';
import { ApiRoute } from '../nova/route/declarations.js';
import { ActionFinder, type ActionItem } from './action-finder.js';
import { ActionLogService } from './action-log.service.js';
import { policies } from './action-log.policies.js';
import { ActionsQuery, EntriesQuery } from './action-log.query.js';
import { exportedResponse, listedResponse, shownResponse } from './action-log.schema.js';
import { type ActionPage, linksOf, listedView, type LoggedAction, shownView } from './action-log.view.js';
import { entriesResponse } from './entries.schema.js';
import { EntriesService } from './entries.service.js';
import { type EntriesPage, entriesView } from './entries.view.js';
import { ExportService } from './export.service.js';
import { type ExportedLine, exportView } from './export.view.js';
import { TooManyExports } from './large-reads.js';
import { DOCUMENTED_IDS } from './public-id.js';
import { scopeOf } from './scope.js';

/** The parts of the declarations that all routes share. */
const common = {
  policy: policies.list,
  policyTarget: 'project',
  internal: policies.internal,
  fields: { host: policies.hosts, cell: policies.hosts, position: policies.allProjects },
} as const;

const item = { parameter: 'id', finder: ActionFinder };
const { id } = DOCUMENTED_IDS;

@ApiResource('action-log/v1/actions', {
  title: 'Actions',
  description:
    'The actions on all servers: those of Nova, which the recorder copies, and those of other services, which record ' +
    'them over HTTP.',
})
export class ActionLogController {
  constructor(
    private readonly service: ActionLogService,
    private readonly exporter: ExportService,
    private readonly history: EntriesService,
  ) {}

  @Get()
  @ApiRoute({
    ...common,
    summary: 'List actions',
    description:
      "Lists the actions on the servers of the caller's project, or of all projects with `all_projects=true`. The newest " +
      'action comes first. With `Accept: application/x-ndjson`, the response is an export: it has all actions, from the ' +
      'requested page to the end of the list, and each line is one action with its events and its server.',
    query: ActionsQuery,
    laterPolicies: [policies.allProjects, policies.hosts],
    audit: ({ query, access }: AuditedRequest) =>
      (query as ActionsQuery).all_projects === true ? 'all projects' : internalView({ access }),
    link: linksOf,
    faults: [new TooManyExports()],
    items: ({ actions }: ActionPage) => actions.length,
    view: listedView,
    response: listedResponse,
    lines: {
      view: exportView,
      description: 'One line for each action, and a last line.',
      response: exportedResponse,
    },
  })
  async list(
    @Caller() caller: RequestContext,
    @CheckedQuery() query: ActionsQuery,
    @Enforce() enforce: EnforcePolicy,
    @GrantedAccess() access: Access,
    @RequestedLines() lines: LinesRequest | undefined,
  ): Promise<ActionPage | AsyncIterable<ExportedLine>> {
    const reader = { name: caller.projectId ?? caller.userId, isInternal: access.view === 'internal' };
    const list = await this.service.open(query, scopeOf(caller, query, enforce), reader);
    return lines === undefined ? this.service.page(list) : this.exporter.lines(list, lines.signal);
  }

  @Get(':id')
  @ApiRoute({
    ...common,
    summary: 'Show an action',
    description: 'Shows an action with its events and its server.',
    parameters: { id },
    item,
    audit: auditOfItem,
    etag: true,
    view: shownView,
    response: shownResponse,
  })
  show(@TargetItem() action: ActionItem): Promise<LoggedAction> {
    return this.service.show(action);
  }

  @Get(':id/entries')
  @ApiRoute({
    ...common,
    operation: 'listActionEntries',
    summary: 'Show the history of an action',
    description:
      'Lists the versions of the action in the record, the newest first. The record has a version for each change that ' +
      'the service made or the recorder saw.',
    parameters: { id },
    item,
    query: EntriesQuery,
    audit: auditOfItem,
    link: linksOf,
    items: ({ entries }: EntriesPage) => entries.length,
    view: entriesView,
    response: entriesResponse,
  })
  entries(@TargetItem() action: ActionItem, @CheckedQuery() query: EntriesQuery): Promise<EntriesPage> {
    return this.history.page(action, query);
  }
}

function auditOfItem({ caller, item: action, access }: AuditedRequest): AuditReason | undefined {
  return action?.projectId === caller.projectId ? internalView({ access }) : 'all projects';
}

function internalView({ access }: Pick<AuditedRequest, 'access'>): AuditReason | undefined {
  return access.view === 'internal' ? 'internal view' : undefined;
}
