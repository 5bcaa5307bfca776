import type { Names } from '../names.js';

/** `<x>.store.ts`: the questions, of a server's cell or of all cells. */
export function storeText(names: Names): string {
  return names.belowServer ? ofServer(names) : ofAllCells(names);
}

function ofAllCells(names: Names): string {
  const { classes, type, words } = names;
  return `
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { Cells } from '../database/cells.js';
import { asCompared, selectRows } from '../database/rows.js';
import type { RawTime } from '../database/time.js';
import { mergeNewestFirst, newestFirst } from '../nova/pagination/page.js';
${rowText(names)}
/**
 * The questions that are asked of ${words}. Soft-deleted rows are never in an answer.
 *
 * DECIDE: where Nova keeps them. \`cells.rows\` asks all cells; \`(await cells.main()).rows\` the database that nova-api
 * itself is configured with; \`cells.api().rows\` Nova's API database, and then the entity extends NovaApiRow, and its
 * table in the migration has \`isOfApi: true\`. With an own store all of them ask that.
 */
@Injectable()
export class ${classes}Store {
  constructor(@Inject(Cells) private readonly cells: Cells) {}

  /**
   * Those of all cells in one list, newest first. A cell is asked for no more than the page can hold, along the own
   * table's index on created_at. DECIDE: where Nova's table has no such index, this reads all of it.
   */
  async page(deadline: number, limit: number, after: ${type}Row | undefined): Promise<${type}Row[]> {
    const lists = await this.cells.rows(deadline, (source) =>
      newestFirst(select(source), after).limit(limit).getRawMany<${type}Row>(),
    );
    return mergeNewestFirst(lists, limit);
  }

  /** In whatever cell it is. */
  async byUuid(deadline: number, uuid: string): Promise<${type}Row | undefined> {
    const lists = await this.cells.rows(deadline, (source) =>
      select(source)
        .andWhere('item.uuid = :uuid', { uuid: asCompared(uuid) })
        .getRawMany<${type}Row>(),
    );
    return lists.flat()[0];
  }
}

/** Whatever project they belong to. */
function select(source: DataSource): SelectQueryBuilder<${type}> {
  return selectRows(source, ${type}, COLUMNS);
}
`;
}

function ofServer(names: Names): string {
  const { classes, type, words } = names;
  return `
import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { asCompared, selectRows } from '../database/rows.js';
import type { RawTime } from '../database/time.js';
import { newestFirst } from '../nova/pagination/page.js';
import type { Server } from '../nova/servers/server.js';
${rowText(names)}
/**
 * The questions that are asked of a server's ${words}. Soft-deleted rows are never in an answer.
 *
 * DECIDE: where Nova keeps them. \`server.rows\` asks the cell that holds the server; what Nova keeps in its API database
 * is asked of \`cells.api().rows\` (\`Cells\` is injected as \`Settings\` is in the service), and then the entity extends
 * NovaApiRow, and its table in the migration has \`isOfApi: true\`.
 */
@Injectable()
export class ${classes}Store {
  /** Newest first, along the own table's index on the server and created_at. */
  page(server: Server, limit: number, after: ${type}Row | undefined): Promise<${type}Row[]> {
    return server.rows((source) =>
      newestFirst(select(source, server), after).limit(limit).getRawMany<${type}Row>(),
    );
  }

  async byUuid(server: Server, uuid: string): Promise<${type}Row | undefined> {
    const [row] = await server.rows((source) =>
      select(source, server)
        .andWhere('item.uuid = :uuid', { uuid: asCompared(uuid) })
        .getRawMany<${type}Row>(),
    );
    return row;
  }
}

function select(source: DataSource, server: Server): SelectQueryBuilder<${type}> {
  return selectRows(source, ${type}, COLUMNS).andWhere('item.instance_uuid = :server', {
    server: server.uuid,
  });
}
`;
}

/** What is read of a row; alike for both. */
function rowText({ type, file }: Names): string {
  return `import { ${type} } from './${file}.entity.js';

/** A row as it is read: the columns that a view or the order needs, times as the database hands them over. */
export type ${type}Row = Pick<${type}, 'id' | 'uuid' | 'name' | 'project_id'> & {
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
};

const COLUMNS = ['id', 'uuid', 'name', 'project_id', 'created_at', 'updated_at'] as const satisfies readonly (keyof ${type}Row & keyof ${type})[];
`;
}
