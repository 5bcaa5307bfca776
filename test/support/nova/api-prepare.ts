import type { Guardian } from '../process/guardian.js';
import { type NovaApiDatabases, sqlAlchemyUrl } from './api-config.js';
import { runPython } from '../process/python.js';

/**
 * A Python script that does the work of several `nova-manage` commands in one process, because each command takes three
 * seconds to import its modules. Two cells must not have the same message queue, so the URL of each queue contains the
 * name of its cell.
 */
const SCRIPT = `
import json, sys
from nova.cmd import manage
from nova import config, context, objects
from nova.db import migration

plan = json.load(sys.stdin)
config.parse_args(['nova-manage', '--config-file', plan['config']])
objects.register_all()

def done(code):
    if code:
        sys.exit('nova-manage ended with %s' % code)

done(manage.ApiDbCommands().sync())
cells = manage.CellV2Commands()
done(cells.map_cell0(database_connection=plan['cell0']))
for name in ('cell1', 'cell2'):
    done(cells.create_cell(name=name, database_connection=plan[name], transport_url='fake:///' + name))
admin = context.get_admin_context()
for cell in objects.CellMappingList.get_all(admin):
    with context.target_cell(admin, cell) as inside:
        migration.db_sync(context=inside)
`;

export interface NovaPreparation {
  /** The path of `nova.conf`. */
  readonly config: string;
  readonly databases: NovaApiDatabases;
  /** All environment variables of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills the process if the test run ends before the process exits. */
  readonly guardian: Guardian;
}

/** Creates the tables of Nova's API database and of three cells, and maps the cells in the table `cell_mappings`. */
export async function prepareNova({
  config,
  databases,
  environment,
  guardian,
}: NovaPreparation): Promise<void> {
  await runPython({
    failure: 'Nova cannot be prepared',
    script: SCRIPT,
    input: {
      config,
      cell0: sqlAlchemyUrl(databases.cell0),
      cell1: sqlAlchemyUrl(databases.cell1),
      cell2: sqlAlchemyUrl(databases.cell2),
    },
    environment,
    guardian,
  });
}
