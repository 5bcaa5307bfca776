import { afterAll } from '@jest/globals';

const ENDINGS = ['stop', 'remove', 'end', 'close', 'kill', 'destroy', 'release'] as const;

/** What a test starts or makes, with the method that ends it; of several methods, the first one in this order counts. */
type Ending = {
  [Name in (typeof ENDINGS)[number]]: Readonly<Record<Name, () => unknown>>;
}[(typeof ENDINGS)[number]];

/**
 * For a file or a `describe`: keeps what its tests use, and ends it after the last test, the newest first.
 *
 * @returns takes one thing, or a function that ends it, and returns it
 */
export function closeAfterAll(): <Kept extends Ending | (() => unknown)>(kept: Kept) => Kept {
  const all: (Ending | (() => unknown))[] = [];

  afterAll(async () => {
    for (const one of all.splice(0).reverse()) await endingOf(one)();
  });

  return (one) => {
    all.push(one);
    return one;
  };
}

function endingOf(one: Ending | (() => unknown)): () => unknown {
  if (typeof one === 'function') return one;
  const methods = one as Readonly<Record<string, (() => unknown) | undefined>>;
  const name = ENDINGS.find((ending) => methods[ending] !== undefined);
  return () => methods[name ?? '']?.call(one);
}
