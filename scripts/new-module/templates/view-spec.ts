import type { Names } from '../names.js';

/** `<x>.view.spec.ts`: what is let through, and that nothing else is. */
export function viewSpecText(names: Names): string {
  const { files, type, table, key, words, path, belowServer } = names;
  const where = path.replace(':server_id', 'the-server');
  return `
import { describe, expect, it } from '@jest/globals';
${belowServer ? "import { Server } from '../nova/servers/server.js';\n" : ''}import type { ViewScope } from '../nova/view/view.js';
import type { ${type}Row } from './${files}.store.js';
import { listView, showView } from './${files}.view.js';

const row: ${type}Row = {
  id: 7,
  uuid: '0f8e5a4c-6f0e-4c0b-9d52-6a2c1c1f7d11',
  name: 'blue',
  project_id: 'a-project',
  created_at: '2026-01-02 03:04:05',
  updated_at: null,
};

/** What a caller may see of it. */
const shown = {
  uuid: row.uuid,
  name: 'blue',
  project_id: 'a-project',
  created_at: '2026-01-02T03:04:05.000000',
  updated_at: null,
};

const scope = {
  ${belowServer ? "server: new Server('the-uuid', 'the-server', null, undefined, 0)," : ''}
  nextPage: (collection, marker) => ({ rel: 'next', href: \`\${collection}?marker=\${marker}\` }),
} as ViewScope;

describe.each(['external', 'internal'] as const)('the %s view of ${words}', (view) => {
  it('shows these fields of an item and no other', () => {
    const withMore = { ...row, secret: 'of the database' };
    expect(showView[view](withMore, scope)).toEqual({ ${key}: shown });
  });

  it('lists items, without a link where there is no next page', () => {
    const page = { items: [row, row], nextMarker: undefined };
    expect(listView[view](page, scope)).toEqual({ ${table}: [shown, shown] });
  });

  it('links to the next page where there may be one', () => {
    const page = { items: [row], nextMarker: row.uuid ?? '' };
    expect(listView[view](page, scope)).toEqual({
      ${table}: [shown],
      ${table}_links: [{ rel: 'next', href: \`${where}?marker=\${row.uuid ?? ''}\` }],
    });
  });
});
`;
}
