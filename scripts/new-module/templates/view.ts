import type { Names } from '../names.js';

/** Where the list is, in a template text of the generated code. */
function collection({ path, belowServer }: Names): string {
  return belowServer ? `\`${path.replace(':server_id', '${scope.server.urlId}')}\`` : `'${path}'`;
}

/** `<x>.view.ts`: the fields that are let through. */
export function viewText(names: Names): string {
  const { files, type, table, key } = names;
  return `
import { isoTime } from '../database/time.js';
import type { Listed } from '../nova/pagination/page.js';
import { alike, type NovaView, type ViewScope } from '../nova/view/view.js';
import type { ${type}Row } from './${files}.store.js';

// DECIDE: the fields in Nova's order, since when each is there, and what only operators see. Here both views are alike.
export const listView: NovaView<Listed<${type}Row>> = alike(list);
export const showView: NovaView<${type}Row> = alike(show);

function list({ items, nextMarker }: Listed<${type}Row>, scope: ViewScope): object {
  return {
    ${table}: items.map(fields),
    ...(nextMarker !== undefined && { ${table}_links: [scope.nextPage(${collection(names)}, nextMarker)] }),
  };
}

function show(row: ${type}Row): object {
  return { ${key}: fields(row) };
}

function fields(row: ${type}Row): object {
  return {
    uuid: row.uuid,
    name: row.name,
    project_id: row.project_id,
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}
`;
}
