import { capitalised, type Names } from '../names.js';

/** The parts of the code that differ between what belongs to a server and what lies in all cells. */
interface Parts {
  readonly imports: string;
  /** A parameter of the service's methods. */
  readonly server: string;
  /** What a method does first. */
  readonly deadline: string;
  /** What the store's questions begin with. */
  readonly of: string;
  readonly ofType: string;
}

const ALL_CELLS: Parts = {
  imports: '',
  server: '',
  deadline: 'const deadline = answerDeadline();',
  of: 'deadline',
  ofType: 'deadline: number',
};

const SERVER: Parts = {
  imports: "import type { Server } from '../nova/servers/server.js';\n",
  server: 'server: Server, ',
  deadline: '',
  of: 'server',
  ofType: 'server: Server',
};

/** `<x>.service.ts`: what list and show mean. */
export function serviceText({ classes, files, type, word, belowServer }: Names): string {
  const { imports, server, deadline, of, ofType } = belowServer ? SERVER : ALL_CELLS;
  const deadlines = belowServer ? '' : "import { answerDeadline } from '../database/database.js';\n";
  return `
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
${deadlines}import type { RequestContext } from '../identity/request-context.js';
import { BadRequest, NotFound } from '../nova/fault/faults.js';
import { lastOfFull, type Listed, readPage } from '../nova/pagination/page.js';
import type { QueryParameters } from '../nova/query/query-steps.js';
${imports}import { type ${type}Row, ${classes}Store } from './${files}.store.js';

/** What list and show mean. DECIDE: Nova's own messages, and the order in which it checks. */
@Injectable()
export class ${classes}Service {
  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(${classes}Store) private readonly store: ${classes}Store,
  ) {}

  /** @throws BadRequest for a marker that is none */
  async list(_caller: RequestContext, ${server}query: QueryParameters): Promise<Listed<${type}Row>> {
    ${deadline}
    const { limit, marker } = readPage(query, this.settings.MAX_LIMIT);
    const after = marker ? await this.atMarker(${of}, marker) : undefined;
    if (limit === 0) return { items: [], nextMarker: undefined };
    const items = await this.store.page(${of}, limit, after);
    return { items, nextMarker: lastOfFull(items, limit)?.uuid ?? undefined };
  }

  /** @throws NotFound for an id that is none */
  async show(_caller: RequestContext, ${server}uuid: string): Promise<${type}Row> {
    const row = await this.store.byUuid(${belowServer ? 'server' : 'answerDeadline()'}, uuid);
    if (row === undefined) throw new NotFound(\`${capitalised(word)} \${uuid} could not be found.\`);
    return row;
  }

  private async atMarker(${ofType}, marker: string): Promise<${type}Row> {
    const row = await this.store.byUuid(${of}, marker);
    if (row === undefined) throw new BadRequest(\`Marker \${marker} could not be found.\`);
    return row;
  }
}
`;
}
