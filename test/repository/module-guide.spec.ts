import { describe, expect, it } from '@jest/globals';
import { readProjectFile } from '../support/deploy/manifests.js';

/** The texts between backticks in the module guide, outside of its code blocks. */
const QUOTES = [
  ...readProjectFile('docs/adding-a-module.md')
    .replace(/^ *```[^]*?^ *```$/gm, '')
    .matchAll(/`([^`]+)`/g),
]
  .map(([, quote = '']) => quote)
  .join('\n');

/** The files with the options of declarations: each property of these interfaces is an option. */
const OPTIONS: readonly (readonly [file: string, ...interfaces: string[]])[] = [
  [
    'src/nova/route/nova-route.ts',
    ...['CommonDeclaration', 'RenderedResponse', 'ApiInput', 'NovaInput', 'RoutePrefetch'],
  ],
  ['src/nova/route/declarations.ts', 'Resource'],
  ['src/nova/route/item-finder.ts', 'OwnedItem', 'ItemSource'],
  ['src/nova/actions/server-action.ts', 'ServerActionCall', 'ActionInput'],
  ['src/nova/body/body-property.ts', 'BodyPropertyInfo'],
  ['src/nova/body/body-schema.ts', 'BodySchema'],
  ['src/nova/query/query-parameter.ts', 'QueryParameterInfo', 'Values'],
  ['src/nova/policy/access.ts', 'ViewPolicies'],
  ['src/nova/policy/policy.ts', 'Policy'],
  ['src/nova/schema/fields.ts', 'FieldInfo'],
  ['src/database/tables/creates-tables.ts', 'OwnTable'],
  ['src/database/tables/module-with-tables.ts', 'ModuleWithTablesMetadata'],
];

/** The files whose exported functions and constants with a capital letter are decorators. */
const DECORATORS = [
  ...['src/nova/pipeline/parameters.ts', 'src/nova/pipeline/resource.ts', 'src/nova/route/declarations.ts'],
  ...['src/nova/actions/server-action.ts', 'src/nova/body/body-property.ts'],
  ...['src/nova/query/query-parameter.ts', 'src/database/rows/columns.ts'],
  'src/database/tables/module-with-tables.ts',
];

/** Decorators that only the kit itself uses. */
const OF_THE_KIT = ['DispatchesActions', 'OpenRoutes'];

function missing(names: readonly string[]): string[] {
  return names.filter((name) => !new RegExp(`\\b${name}\\b`).test(QUOTES));
}

describe('the guide for new modules', () => {
  it.each(OPTIONS)('the guide for new modules names every option in %s', (file, ...interfaces) => {
    for (const name of interfaces) {
      const [, block = ''] =
        new RegExp(`^(?:export )?interface ${name}\\b.*\\n([^]*?)^}`, 'm').exec(readProjectFile(file)) ?? [];
      const options = [...block.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option = '']) => option);
      expect([name, options.length > 0, missing(options)]).toEqual([name, true, []]);
    }
  });

  it.each(DECORATORS)('the guide for new modules names every decorator in %s', (file) => {
    const exported = readProjectFile(file).matchAll(/^export (?:function|const) ([A-Z][a-z]\w*)/gm);
    const names = [...new Set([...exported].map(([, name = '']) => name))];
    expect(names.length).toBeGreaterThan(0);
    expect(missing(names).filter((name) => !OF_THE_KIT.includes(name))).toEqual([]);
  });
});
