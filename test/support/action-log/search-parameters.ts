import type { SearchQuery } from '../../../src/ledger/search/search-query.js';
import { CELLS } from './indexed-log.js';

/** Returns the query of a request for a search, without its scope and its size of a page. */
export function searchParameters({ conditions, cells, sort }: SearchQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const { field, operator, values } of conditions) {
    const texts = field.endsWith('_at') ? values.map(zoned) : values.map(quoted);
    parameters.append(field, `${operator}:${texts.join()}`);
  }
  if (cells !== undefined) {
    const names = [...CELLS].filter(([, number]) => cells.includes(number)).map(([name]) => name);
    const others = [...CELLS.keys()].filter((name) => !names.includes(name));
    // Actions of the own store have no name of a cell, so only `nin` matches them.
    parameters.append(
      'cell',
      cells.includes(0) ? `nin:${['absent', ...others].join()}` : `in:${['absent', ...names].join()}`,
    );
  }
  if (sort === 'asc') parameters.append('sort', 'created_at:asc');
  return parameters;
}

function zoned(time: string): string {
  return `${time.replace(' ', 'T')}Z`;
}

function quoted(value: string): string {
  return /^[\w-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
