import { getMetadataStorage } from 'class-validator';

type Class = new () => object;

/** An object that is each of them at once. */
type Both<One> = (One extends unknown ? (one: One) => void : never) extends (all: infer All) => void
  ? All
  : never;

/**
 * Makes one class of several, with their properties, defaults and rules of validation. `IntersectionType` of
 * `@nestjs/swagger` does this too, but loads Nest into programs that do not need Nest, such as the parent of workers.
 */
export function joinClasses<Topics extends readonly Class[]>(
  ...topics: Topics
): new () => Both<InstanceType<Topics[number]>> {
  function Joined(this: object): void {
    for (const Topic of topics) Object.assign(this, new Topic());
  }
  const storage = getMetadataStorage();
  for (const Topic of topics) {
    for (const rule of storage.getTargetValidationMetadatas(Topic, '', false, false)) {
      storage.addValidationMetadata({ ...rule, target: Joined });
    }
  }
  return Joined as never;
}
