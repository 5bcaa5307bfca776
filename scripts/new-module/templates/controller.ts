import { capitalised, idOf, type Names } from '../names.js';

/** `<x>.controller.ts`: the two routes. */
export function controllerText(names: Names): string {
  const { classes, files, type, path, words, word, belowServer } = names;
  const whose = belowServer ? 'of a server' : 'of all projects';
  const server = belowServer ? '@TargetServer() server: Server, ' : '';
  const given = belowServer ? 'caller, server' : 'caller';
  return `
import { Get, Inject, Param } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import type { Listed } from '../nova/pagination/page.js';
import { NO_QUERY, type QueryParameters } from '../nova/query/query-steps.js';
import { NovaResource, NovaRoute } from '../nova/route/declarations.js';
import { Caller, CheckedQuery${belowServer ? ', TargetServer' : ''} } from '../nova/route/parameters.js';
${belowServer ? "import type { Server } from '../nova/servers/server.js';\n" : ''}${ownImports(files, type, classes)}
@NovaResource('${path}', '${capitalised(words)}')
export class ${classes}Controller {
  constructor(@Inject(${classes}Service) private readonly service: ${classes}Service) {}

  @Get()
  @NovaRoute({
    summary: 'List the ${words} ${whose}',
    description: 'Newest first, in pages.',
    query: listQuery,
    policy: policies.list,
    view: listView,
    response: listResponse,
  })
  list(@Caller() caller: RequestContext, ${server}@CheckedQuery() query: QueryParameters): Promise<Listed<${type}Row>> {
    return this.service.list(${given}, query);
  }

  @Get(':${idOf(names)}')
  @NovaRoute({
    summary: 'Show one ${word} ${belowServer ? 'of a server' : 'of any project'}',
    description: 'By its UUID.',
    parameters: { ${idOf(names)}: 'The UUID of the ${word}.' },
    query: NO_QUERY,
    policy: policies.show,
    view: showView,
    response: showResponse,
  })
  show(@Caller() caller: RequestContext, ${server}@Param('${idOf(names)}') uuid: string): Promise<${type}Row> {
    return this.service.show(${given}, uuid);
  }
}
`;
}

function ownImports(files: string, type: string, classes: string): string {
  return `import { policies } from './${files}.policies.js';
import { listQuery } from './${files}.query.js';
import { listResponse, showResponse } from './${files}.schema.js';
import { ${classes}Service } from './${files}.service.js';
import type { ${type}Row } from './${files}.store.js';
import { listView, showView } from './${files}.view.js';
`;
}
