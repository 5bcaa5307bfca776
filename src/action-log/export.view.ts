import type { ApiScope, View } from '../nova/view/view.js';
import { type LoggedAction, shownView } from './action-log.view.js';

/** A line of an export: an action; or the last line, which has the cursor of the next line if the list continues. */
export type ExportedLine = LoggedAction | { readonly end: true } | { readonly next: string };

export const exportView: View<ExportedLine, ApiScope> = {
  external: (line, scope) => lineFields(line, scope, 'external'),
  internal: (line, scope) => lineFields(line, scope, 'internal'),
};

function lineFields(line: ExportedLine, scope: ApiScope, view: 'external' | 'internal'): object {
  if ('full' in line) return shownView[view](line, scope);
  return 'end' in line ? { end: true } : { next: scope.pageAddress(line.next) };
}
