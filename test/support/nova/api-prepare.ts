import type { Guardian } from '../process/guardian.js';
import { type NovaApiDatabases, sqlAlchemyUrl } from './api-config.js';
import { runPython } from '../process/python.js';

/**
 * What an operator does with `nova-manage`, by its own functions, all in one process: each start of it spends three
 * seconds on its imports alone. `fake:///` needs a name, as no two cells may share a message queue.
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

/** What to prepare. */
export interface NovaPreparation {
  /** Path of the `nova.conf`. */
  readonly config: string;
  readonly databases: NovaApiDatabases;
  /** What the process may see of an environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it with the test run, too. */
  readonly guardian: Guardian;
}

/** Makes the tables of Nova's API database and of three cells, and the mappings of the cells. */
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
