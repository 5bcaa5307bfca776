import type { DataSource } from 'typeorm';
import { State } from '../../../src/ledger/actions/action-status.js';
import { copyIdsOf } from '../../../src/ledger/copy/copy-id.js';

/** Actions to insert into a store on MariaDB. */
export interface ManyActions {
  readonly count: number;
  /** The number of the first action. The numbers of several inserts must not overlap. */
  readonly first?: number;
  /** The prefix of the names of the projects: different prefixes make different projects. */
  readonly projects?: string;
}

/** The numbers of projects, users and hosts. A low number has many actions, and a high one few. */
const PROJECTS = 5_000;
const USERS = 1_000;
const HOSTS = 500;

const ACTIONS_OF_SERVER = 20;

/** The period over which the actions are distributed, in seconds since 1970. */
export const START = Date.UTC(2026, 0, 1) / 1_000;
export const END = START + 300 * 86_400;

const NAMES = ['create', 'reboot', 'stop', 'start', 'resize', 'delete', 'pause', 'live-migration'];

/** The rows of the copy for actions and servers, without values. */
const RECORD = "0 AS place, '' AS fingerprint, 1 AS position, 1 AS touched";

/**
 * Inserts actions of many projects into the copy and the search, each with two events. MariaDB computes the rows, so
 * that millions of them take minutes.
 */
export async function insertManyActions(
  source: DataSource,
  { count, first = 1, projects = 'p' }: ManyActions,
): Promise<void> {
  const last = first + count - 1;
  const { first: base } = copyIdsOf(1);
  const [firstServer, lastServer] = [first, last].map((seq) => Math.floor(seq / ACTIONS_OF_SERVER)) as [
    number,
    number,
  ];
  await source.query(
    `INSERT INTO copied_instances (id, uuid, server_uuid, cell, project_id, user_id, display_name, created_at, deleted,
      vm_state, launched_at, hidden, place, fingerprint, position, touched)
    SELECT ${base} + seq, ${serverOf('seq')}, ${serverOf('seq')}, 1, ${projectOf('seq', projects)}, 'owner',
      CONCAT('server-', seq), ${timeOf(START)}, 0, 'active', ${timeOf(START)}, 0, 0, '', 1, 1
    FROM seq_${firstServer}_to_${lastServer}`,
  );
  const second = `${START} + FLOOR((seq - ${first}) * ${(END - START) / count})`;
  const server = `FLOOR((${firstServer} + ${random('seq', 'server')} * ${lastServer - firstServer + 1}))`;
  // Each action as the columns from which all tables are filled.
  const actions = `SELECT seq, ${base} + seq AS id, ${second} AS second, ${server} AS server,
      CONCAT('req-', FLOOR((seq - ${first}) / 2)) AS request, CONCAT('u-', ${skewed('seq', 'user', USERS)}) AS user,
      ELT(1 + FLOOR(${NAMES.length} * POW(${random('seq', 'action')}, 2)), ${NAMES.map((name) => `'${name}'`).join()}) AS name,
      CONCAT('h-', ${skewed('seq', 'host', HOSTS)}) AS host,
      CASE WHEN ${random('seq', 'state')} < 0.9 THEN ${State.success} WHEN ${random('seq', 'state')} < 0.97 THEN ${State.error}
        WHEN ${random('seq', 'state')} < 0.98 THEN ${State.open} WHEN ${random('seq', 'state')} < 0.99 THEN ${State.empty}
        ELSE ${State.unknown} END AS state
    FROM seq_${first}_to_${last}`;
  await source.query(
    `INSERT INTO copied_instance_actions (id, instance_uuid, request_id, action, user_id, project_id, created_at,
      start_time, deleted, place, fingerprint, position, touched)
    SELECT id, ${serverOf('server')}, request, name, user, ${projectOf('server', projects)}, ${timeOf('second')},
      ${timeOf('second')}, 0, ${RECORD} FROM (${actions}) made`,
  );
  await source.query(
    `INSERT INTO copied_instance_actions_events (id, action_id, event, host, result, start_time, finish_time, deleted, touched)
    SELECT ${base} + 2 * (id - ${base}) + number, id, IF(number = 0, CONCAT('compute_', name), 'conductor'),
      IF(number = 0, host, 'conductor'), 'Success', ${timeOf('second')}, ${timeOf('second')}, 0, 1
    FROM (${actions}) made JOIN (SELECT 0 AS number UNION ALL SELECT 1) numbers`,
  );
  await source.query(
    `INSERT INTO search_actions (second, id, project, server, request, user, action, state, created_at, started_at,
      finished_at, updated_at, position)
    SELECT second, id, ${projectCodeOf(projectOf('server', projects))}, ${codeOf('server', serverOf('server'))},
      ${codeOf('request', 'request')}, ${codeOf('user', 'user')}, ${codeOf('action', 'name')}, state,
      ${timeOf('second')}, ${timeOf('second')}, ${timeOf('second + 9')}, ${timeOf('second + 9')}, 1
    FROM (${actions}) made`,
  );
  await source.query(
    `INSERT INTO search_hosts (host, state, second, id, project)
    SELECT ${codeOf('host', "IF(number = 0, host, 'conductor')")}, state, second, id,
      ${projectCodeOf(projectOf('server', projects))}
    FROM (${actions}) made JOIN (SELECT 0 AS number UNION ALL SELECT 1) numbers`,
  );
}

/** Returns SQL for a number from 0 to 1 that depends only on another number and on a name. */
function random(number: string, name: string): string {
  return `(CRC32(CONCAT('${name}', ${number}, '${name}')) / 4294967296)`;
}

/** Returns SQL for a whole number below a limit. The lowest numbers are the most frequent ones. */
function skewed(number: string, name: string, limit: number): string {
  return `FLOOR(POW(${limit}, ${random(number, name)}) - 1)`;
}

function serverOf(number: string): string {
  return `CONCAT('00000000-0000-4000-8000-', LPAD(${number}, 12, '0'))`;
}

function projectOf(server: string, prefix: string): string {
  return `CONCAT('${prefix}-', ${skewed(server, 'project', PROJECTS)})`;
}

function timeOf(second: string | number): string {
  return `TIMESTAMPADD(SECOND, ${second}, '1970-01-01')`;
}

/** Return SQL for the codes of texts: the first bits of SHA-256. */
function codeOf(kind: string, text: string): string {
  return `CONV(LEFT(SHA2(CONCAT('${kind}:', ${text}), 256), 8), 16, 10)`;
}

function projectCodeOf(text: string): string {
  return `(CAST(CONV(LEFT(SHA2(CONCAT('project:', ${text}), 256), 16), 16, 10) AS UNSIGNED) >> 11)`;
}
