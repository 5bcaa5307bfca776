import { getMetadataStorage } from 'class-validator';

type Class = new () => object;

/** The intersection of all types of a union: `A & B` for `A | B`. */
type Both<One> = (One extends unknown ? (one: One) => void : never) extends (all: infer All) => void
  ? All
  : never;

/**
 * Combines several classes into one, with their properties, default values and validation rules. `IntersectionType` of
 * `@nestjs/swagger` does the same, but it would load Nest into the parent process of the workers, which does not need
 * Nest.
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
