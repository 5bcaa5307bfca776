import { beforeAll, describe, expect, it } from '@jest/globals';
import { policies } from '../../src/instance-actions/instance-actions.policies.js';
import { PoliciesService } from '../../src/nova/policy/policies.service.js';
import { loadFixture, personas } from '../conformance/cases.js';
import { contextOf } from '../support/requests/persona-context.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const { labels } = loadFixture();
const [server = '', ...requests] = labels['busy'] ?? [];
/** The request id of an action whose events have a traceback, a host and details. */
const request = requests[3] ?? '';
const LIST = `/v2.1/servers/${server}/os-instance-actions`;
const SHOW = `${LIST}/${request}`;
const PROJECT = '4f5e8c1d2a7b49c0a1e2d3c4b5a69788';

type PolicyKey = keyof typeof policies;

const READERS = ['alice', 'rita', 'mona'];
const ADMINS = ['adam', 'rack', 'admin'];

/**
 * For each policy, the test callers that it allows access to a server of the first project. It denies access to all
 * other test callers.
 */
const ALLOWED: Readonly<Record<PolicyKey, readonly string[]>> = {
  list: [...READERS, ...ADMINS],
  show: [...READERS, ...ADMINS],
  events: ADMINS,
  eventDetails: ADMINS,
};

const MATRIX = (Object.keys(policies) as PolicyKey[]).flatMap((key) =>
  Object.keys(personas).map((who) => ({
    ...{ key, policy: policies[key], who },
    allowed: ALLOWED[key].includes(who),
  })),
);

interface ShownEvents {
  readonly status: number;
  /** The events that the response contains; undefined if it contains none. */
  readonly events: readonly Readonly<Record<string, unknown>>[] | undefined;
}

describe('the policies of instance actions', () => {
  let store: TestStore;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await recordedStore());
    service = keep(await startService({ DATABASE_URL: store.url }));
  });

  const see = async (who: string, path: string, version: string): Promise<ShownEvents> => {
    const answer = await fetch(`${service.url}${path}`, {
      headers: { 'X-Auth-Token': personaTokens[who] ?? '', 'OpenStack-API-Version': `compute ${version}` },
    });
    const body = (await answer.json()) as { instanceAction?: { events?: ShownEvents['events'] } };
    return { status: answer.status, events: body.instanceAction?.events };
  };

  /**
   * For each policy, a function that sends requests as a test caller. The function returns one boolean for each
   * response: true if the response has the data that the policy protects.
   */
  const signs: Readonly<Record<PolicyKey, (who: string) => Promise<boolean[]>>> = {
    list: async (who) => [(await see(who, LIST, '2.103')).status === 200],
    show: async (who) => [(await see(who, SHOW, '2.103')).status === 200],
    events: async (who) => {
      const [first, later, last] = [
        await see(who, SHOW, '2.1'),
        await see(who, SHOW, '2.51'),
        await see(who, SHOW, '2.103'),
      ];
      return [first.events !== undefined, has(later, 'traceback'), has(last, 'traceback'), has(last, 'host')];
    },
    eventDetails: async (who) => [
      has(await see(who, SHOW, '2.84'), 'details'),
      has(await see(who, SHOW, '2.103'), 'details'),
    ],
  };

  it.each(MATRIX)('the policy $policy.name allows $who: $allowed', async ({ key, policy, who, allowed }) => {
    const persona = personas[who];
    if (persona === undefined) throw new Error(`no persona ${who}`);
    const decision = service.application
      .get(PoliciesService)
      .allows(contextOf(persona), policy, { project_id: PROJECT });
    expect(decision).toBe(allowed);
    expect(new Set(await signs[key](who))).toEqual(new Set([allowed]));
  });

  it.each(Object.keys(personas))(
    'a caller who may not know that a server exists gets 404, not 403: %s',
    async (who) => {
      const knows = personas[who]?.project_id === PROJECT || personas[who]?.roles.includes('admin') === true;
      const may = ALLOWED.list.includes(who);
      for (const path of [LIST, SHOW]) {
        expect((await see(who, path, '2.103')).status).toBe(may ? 200 : knows ? 403 : 404);
      }
    },
  );
});

/**
 * Returns true if all events have the field, and false if none has it. Fails if some events have it and some do not.
 */
function has({ events = [] }: ShownEvents, field: string): boolean {
  const carrying = events.filter((event) => field in event).length;
  expect([0, events.length]).toContain(carrying);
  return carrying > 0;
}
