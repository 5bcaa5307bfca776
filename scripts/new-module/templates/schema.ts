import { capitalised, type Names } from '../names.js';

/** `<x>.schema.ts`: the fields of the answers, for the documentation. */
export function schemaText({ table, key, words, word }: Names): string {
  return `
import { linksField, listOf, objectSchema, TIME } from '../nova/view/fields.js';
import { alike } from '../nova/view/view.js';

const item = objectSchema('${capitalised(word)}', {
  uuid: { description: 'Its id.', schema: { type: 'string', format: 'uuid' }, nullable: true },
  name: { description: 'Its name.', nullable: true },
  project_id: { description: 'The project that it belongs to.', nullable: true },
  created_at: { description: 'When it was made, UTC.', schema: TIME, nullable: true },
  updated_at: { description: 'When it last changed, UTC.', schema: TIME, nullable: true },
});

const list = objectSchema('A page of ${words}', {
  ${table}: { description: 'The ${words}, newest first.', schema: listOf(item) },
  ${table}_links: linksField('Where the next page is; absent on the last.', '2.1'),
});

const show = objectSchema('One ${word}', {
  ${key}: { description: 'The ${word}.', schema: item },
});

/** Both views have the same fields. */
export const listResponse = alike(list);
export const showResponse = alike(show);
`;
}
