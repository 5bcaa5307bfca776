import { documentedPath, idOf, type Names } from '../names.js';

/** What the two policies are called, as Nova calls its own. */
export function policyNames({ resource }: Names): { readonly list: string; readonly show: string } {
  return { list: `os_compute_api:${resource}:index`, show: `os_compute_api:${resource}:show` };
}

/** `<x>.policies.ts`: who may, which is administrators alone. */
export function policiesText(names: Names): string {
  const { list, show } = policyNames(names);
  const path = documentedPath(names);
  const whose = names.belowServer ? 'of a server' : 'of all projects';
  return `
import { ADMIN } from '../nova/policy/base-rules.js';
import type { Policy } from '../nova/policy/policy.js';

const LIST = { method: 'GET', path: '${path}' };
const SHOW = { method: 'GET', path: '${path}/{${idOf(names)}}' };

/**
 * Who may see ${names.words}: administrators alone.
 *
 * DECIDE: names, defaults and deprecated rules, as Nova has them.
 * ${names.belowServer ? serverHint : hint(names)}
 */
export const policies = {
  list: {
    name: '${list}',
    rule: ADMIN,
    description: 'List the ${names.words} ${whose}.',
    operations: [LIST],
    scopes: ['project'],
  },
  show: {
    name: '${show}',
    rule: ADMIN,
    description: 'Show one ${names.word} ${names.belowServer ? 'of a server' : 'of any project'}.',
    operations: [SHOW],
    scopes: ['project'],
  },
} as const satisfies Record<string, Policy>;
`;
}

const serverHint =
  "A tenant's servers are those of the own project: others are not found, whatever is decided here.";

function hint({ words }: Names): string {
  return `Before tenants may, let the store read those of their own project only: it finds the ${words} of all.`;
}
