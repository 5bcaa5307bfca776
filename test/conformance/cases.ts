import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A recorded response of a real Nova. `body` is a text or parsed JSON. If the body is a long list, `body` is a digest
 * of the list, in the format of digest.ts.
 */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** A request whose response is recorded. */
export interface ConformanceRequest {
  readonly id: string;
  readonly group: string;
  /**
   * The user that sends the request: a key of {@link personas}. The name `garbage` means an invalid token, `empty` an
   * empty token, and null no token.
   */
  readonly persona: string | null;
  readonly method: string;
  /** The request target, byte for byte, including the query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
  /** The content of the policy file that Nova used (only in `policies.jsonl`). */
  readonly policy?: string;
}

/** A request and its recorded response. */
export interface ConformanceCase extends ConformanceRequest {
  readonly answer: RecordedAnswer;
}

/**
 * A row of fixture.json: the columns and values of a row in one of Nova's tables, and the name of the cell (database)
 * that contains the row.
 */
export type FixtureRow = Readonly<Record<string, string | number | null>> & { readonly cell: string };

/** The rows of Nova's tables during the recording. `labels` names the servers and actions in these rows. */
export interface Fixture {
  readonly name: string;
  /**
   * Ids by label. A label is a short name of a server, such as `busy`. Its ids are the server's UUID, followed by the
   * request ids of its actions. The label `times` has timestamps instead.
   */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly instances: readonly FixtureRow[];
  readonly instance_mappings: readonly FixtureRow[];
  readonly instance_actions: readonly FixtureRow[];
  readonly instance_actions_events: readonly FixtureRow[];
  readonly migrations: readonly FixtureRow[];
}

/** A user that sent recorded requests. */
export interface Persona {
  readonly user_id: string;
  readonly project_id: string | null;
  readonly system?: 'all';
  readonly roles: readonly string[];
}

/** Reads the cases of a file. A relative path is relative to the folder of cases.ts. */
export function loadCases(file: string): ConformanceCase[] {
  const lines = readFileSync(resolve(import.meta.dirname, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ConformanceCase);
}

/** Reads the rows that Nova's databases contained during the recording. */
export function loadFixture(): Fixture {
  const read = (file: string): object =>
    JSON.parse(readFileSync(resolve(import.meta.dirname, file), 'utf8')) as object;
  return { ...read('migrations-fixture.json'), ...read('fixture.json') } as Fixture;
}

/** The selected cases, and the number of excluded cases. */
export interface Selection {
  readonly cases: ConformanceCase[];
  readonly leftOut: number;
}

/** Excludes the cases whose path names a server with the given label (a key of `labels` in the fixture). */
export function withoutLabel(cases: readonly ConformanceCase[], label: string): Selection {
  const ids = loadFixture().labels[label];
  if (!ids) throw new Error(`the fixture has no label ${label}`);
  const kept = cases.filter(({ path }) => !ids.some((id) => path.includes(`/servers/${id}`)));
  return { cases: kept, leftOut: cases.length - kept.length };
}

const P1 = '4f5e8c1d2a7b49c0a1e2d3c4b5a69788';
const P2 = '9d0b6a54c3f24e7e8b1a2c3d4e5f6071';
const MEMBER = ['member', 'reader'];
const MANAGER = ['manager', ...MEMBER];
const ADMIN = ['admin', ...MANAGER];

/** The users that sent the recorded requests, with the roles that Keystone puts into their tokens. */
export const personas: Readonly<Record<string, Persona>> = {
  alice: { user_id: 'a11ce000000000000000000000000001', project_id: P1, roles: MEMBER },
  rita: { user_id: 'a11ce000000000000000000000000002', project_id: P1, roles: ['reader'] },
  mona: { user_id: 'a11ce000000000000000000000000003', project_id: P1, roles: MANAGER },
  bob: { user_id: 'a11ce000000000000000000000000004', project_id: P2, roles: MEMBER },
  adam: { user_id: 'a11ce000000000000000000000000005', project_id: P2, roles: ADMIN },
  nora: { user_id: 'a11ce000000000000000000000000006', project_id: P1, roles: ['auditor'] },
  sven: { user_id: 'a11ce000000000000000000000000007', project_id: P1, roles: ['service'] },
  tenant: { user_id: '35746', project_id: '453265', roles: MEMBER },
  rack: { user_id: '35747', project_id: '453265', roles: ADMIN },
  admin: {
    user_id: 'ad000000000000000000000000000002',
    project_id: 'ad000000000000000000000000000001',
    roles: ADMIN,
  },
  sysreader: { user_id: 'ad000000000000000000000000000002', project_id: null, system: 'all', roles: ADMIN },
};
