import { beforeAll, describe, expect, it } from '@jest/globals';
import { GUARDS_METADATA, INTERCEPTORS_METADATA, MODULE_METADATA } from '@nestjs/common/constants.js';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOOKS } from '../../src/hooks.js';
import { InstanceActionsController } from '../../src/instance-actions/instance-actions.controller.js';
import { NovaModule } from '../../src/nova/nova.module.js';

type Named = readonly { readonly name: string }[];

/**
 * Returns the names of the classes that Nest has stored for a class or method.
 *
 * @param key the key of Nest's metadata, such as GUARDS_METADATA
 * @param target the class or method
 */
function bound(key: string, target: object): string[] {
  return (Reflect.getMetadata(key, target) as Named).map(({ name }) => name);
}

/**
 * Returns the names of the classes that a Nest module registers for all routes.
 *
 * @param token a token of Nest, such as APP_GUARD
 */
function registered(token: string): string[] {
  const providers = Reflect.getMetadata(MODULE_METADATA.PROVIDERS, NovaModule) as {
    provide?: string;
    useClass?: { name: string };
  }[];
  return providers.flatMap(({ provide, useClass }) => (provide === token && useClass ? [useClass.name] : []));
}

describe('docs/architecture.md', () => {
  let text: string;

  beforeAll(async () => {
    text = await readFile(join(import.meta.dirname, '../../docs/architecture.md'), 'utf8');
  });

  /** Finds all lines of architecture.md that match a pattern. @returns the groups of each line, joined by `: ` */
  const lines = (pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, ...captured]) => captured.map((part) => part.trim()).join(': '));

  it('docs/architecture.md draws all Fastify hooks in the order of src/hooks.ts', () => {
    expect(lines(/^ {2}hooks->>hooks: (.+)$/gm)).toEqual(HOOKS.map(({ name }) => name));
  });

  it('docs/architecture.md describes each Fastify hook with the text of src/hooks.ts', () => {
    const documented = lines(/^\| `([a-z ]+)` +\|[^|]+\|([^|]+)\|/gm);
    expect(documented).toEqual(HOOKS.map(({ name, summary }) => `${name}: ${summary}`));
  });

  it('docs/architecture.md draws and lists all Nest guards in the order in which they run for a resource of Nova', () => {
    const guards = [...registered(APP_GUARD), ...bound(GUARDS_METADATA, InstanceActionsController)];
    expect(lines(/^ {2}guards->>guards: (.+)$/gm)).toEqual(guards);
    expect(lines(/^\| `(\w+Guard)`/gm)).toEqual(guards);
  });

  it('docs/architecture.md draws and lists the interceptor of a resource and the filter of all routes', () => {
    const interceptors = bound(INTERCEPTORS_METADATA, InstanceActionsController);
    expect(lines(/^ {2}participant view as (.+)$/gm)).toEqual(interceptors);
    expect(lines(/^\| `(\w+(?:Interceptor|Filter))`/gm)).toEqual([
      ...interceptors,
      ...registered(APP_FILTER),
    ]);
    expect(lines(/^ {2}Note over hooks,module: (\w+)/gm)).toEqual(registered(APP_FILTER));
  });
});
