import { BodyProperty } from '../nova/body/body-property.js';
import { BodySteps } from '../nova/body/body-steps.js';

class FirstLock {
  @BodyProperty({ schema: {}, description: 'Any value; it has no meaning.' })
  readonly lock!: unknown;
}

class LockWithReason {
  @BodyProperty({
    schema: {
      type: ['object', 'null'],
      properties: { locked_reason: { type: 'string', minLength: 1, maxLength: 255 } },
      additionalProperties: false,
    },
    description: 'Null, or an object whose locked_reason is the reason of the lock.',
    example: { locked_reason: 'An audit is in progress.' },
  })
  readonly lock!: { readonly locked_reason?: string } | null;
}

class Unlock {
  @BodyProperty({ schema: {}, description: 'Any value; it has no meaning.' })
  readonly unlock!: unknown;
}

export const lockBody = new BodySteps(
  { from: '2.1', to: '2.72', accepts: FirstLock },
  { from: '2.73', accepts: LockWithReason },
);
export const unlockBody = new BodySteps({ from: '2.1', accepts: Unlock });

/** Returns the reason in the checked body of a lock; undefined without a reason. */
export function reasonOf(body: object): string | undefined {
  return body instanceof LockWithReason ? body.lock?.locked_reason : undefined;
}
