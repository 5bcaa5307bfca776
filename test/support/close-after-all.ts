import { afterAll } from '@jest/globals';

const CLOSE_METHODS = ['stop', 'remove', 'end', 'close', 'kill', 'destroy', 'release'] as const;

/** An object with at least one method of CLOSE_METHODS. If it has several, the first one in that list closes it. */
type Closable = {
  [Name in (typeof CLOSE_METHODS)[number]]: Readonly<Record<Name, () => unknown>>;
}[(typeof CLOSE_METHODS)[number]];

/**
 * Closes resources after the last test of a test file or of a `describe`, in the reverse order of their registration.
 *
 * @returns a function that registers a resource, or a function that closes one, and returns its argument
 */
export function closeAfterAll(): <Resource extends Closable | (() => unknown)>(
  resource: Resource,
) => Resource {
  const resources: (Closable | (() => unknown))[] = [];

  afterAll(async () => {
    for (const resource of resources.splice(0).reverse()) await closerOf(resource)();
  });

  return (resource) => {
    resources.push(resource);
    return resource;
  };
}

function closerOf(resource: Closable | (() => unknown)): () => unknown {
  if (typeof resource === 'function') return resource;
  const methods = resource as Readonly<Record<string, (() => unknown) | undefined>>;
  const name = CLOSE_METHODS.find((method) => methods[method] !== undefined);
  return () => methods[name ?? '']?.call(resource);
}
