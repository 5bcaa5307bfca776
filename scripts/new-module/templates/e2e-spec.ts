import { capitalised, type Names } from '../names.js';

/** `test/e2e/<name>.spec.ts`: the routes as callers meet them, on every kind of store. */
export function e2eSpecText(names: Names): string {
  const { folder, table, word, path, belowServer } = names;
  const list = belowServer ? `\`/v2.1/${path.replace(':server_id', '${server.uuid}')}\`` : `'/v2.1/${path}'`;
  return `
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { personas } from '../conformance/cases.js';
import { personaTokens, type RunningService, startService } from '../support/service.js';
import { fillStore, storeKinds, type TestStore } from '../support/stores.js';

const PROJECT = personas['alice']?.project_id;
${belowServer ? 'const server = { uuid: randomUUID(), project_id: PROJECT, deleted: 0 };\n' : ''}const LIST = ${list};

describe.each(storeKinds)('${folder} on %s', (_kind, createStore) => {
  let store: TestStore;
  let service: RunningService;

  beforeAll(async () => {
    store = await createStore();
    service = await startService({ DATABASE_URL: store.url });
    ${belowServer ? 'await fillStore(store.url, { instances: [server] });' : ''}
  });

  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  /** The status and the body, to a persona; or to nobody. */
  async function ask(path: string, persona?: string): Promise<readonly [status: number, body: unknown]> {
    const token = persona === undefined ? {} : { 'X-Auth-Token': personaTokens[persona] ?? '' };
    const answer = await fetch(\`\${service.url}\${path}\`, { headers: { ...token } });
    return [answer.status, await answer.json()];
  }

  it('wants a token', async () => {
    for (const path of [LIST, \`\${LIST}/\${randomUUID()}\`]) expect((await ask(path))[0]).toBe(401);
  });

  it('is denied to a tenant', async () => {
    for (const path of [LIST, \`\${LIST}/\${randomUUID()}\`]) expect((await ask(path, 'alice'))[0]).toBe(403);
  });
${belowServer ? ofAnotherProject : ''}
  it('is an empty list as long as there is nothing', async () => {
    expect(await ask(LIST, 'admin')).toEqual([200, { ${table}: [] }]);
  });

  it('is not found under an id that is none', async () => {
    const uuid = randomUUID();
    const message = \`${capitalised(word)} \${uuid} could not be found.\`;
    expect(await ask(\`\${LIST}/\${uuid}\`, 'admin')).toEqual([404, { itemNotFound: { code: 404, message } }]);
  });

  it('accepts no query that it does not know, and no marker that is none', async () => {
    for (const query of ['x=1', 'limit=-1', 'marker=none']) {
      expect((await ask(\`\${LIST}?\${query}\`, 'admin'))[0]).toBe(400);
    }
  });
${filledText(names)}});

/** A row that was made on a day of January. */
function rowOf(day: number) {
  return {
    uuid: randomUUID(),
    name: \`of day \${day}\`,
    project_id: PROJECT,${belowServer ? '\n    instance_uuid: server.uuid,' : ''}
    created_at: \`2026-01-0\${day} 00:00:00\`,
    deleted: 0,
  };
}

/** What a caller sees of a row. */
function shown({ uuid, name, project_id, created_at }: ReturnType<typeof rowOf>): object {
  const made = \`\${created_at.replace(' ', 'T')}.000000\`;
  return { uuid, name, project_id, created_at: made, updated_at: null };
}
`;
}

const ofAnotherProject = `
  it('is not found by a tenant of another project', async () => {
    expect((await ask(LIST, 'bob'))[0]).toBe(404);
  });
`;

function filledText({ table, key }: Names): string {
  return `
  describe('with rows', () => {
    const [old, young] = [rowOf(1), rowOf(2)];
    const gone = { ...rowOf(3), deleted: 3 };

    beforeAll(() => fillStore(store.url, { ${table}: [old, young, gone] }));

    it('shows one', async () => {
      expect(await ask(\`\${LIST}/\${old.uuid}\`, 'admin')).toEqual([200, { ${key}: shown(old) }]);
      expect((await ask(\`\${LIST}/\${gone.uuid}\`, 'admin'))[0]).toBe(404);
    });

    it('lists them newest first, without those that are deleted', async () => {
      expect(await ask(LIST, 'admin')).toEqual([200, { ${table}: [shown(young), shown(old)] }]);
    });

    it('lists them in pages', async () => {
      const next = \`\${service.url}\${LIST}?limit=1&marker=\${young.uuid}\`;
      expect(await ask(\`\${LIST}?limit=1\`, 'admin')).toEqual([
        200,
        { ${table}: [shown(young)], ${table}_links: [{ rel: 'next', href: next }] },
      ]);
      expect(await ask(\`\${LIST}?marker=\${young.uuid}\`, 'admin')).toEqual([200, { ${table}: [shown(old)] }]);
    });
  });
`;
}
