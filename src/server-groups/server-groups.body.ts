import { BodyProperty, bodyWith } from '../nova/body/body-property.js';
import { BodySteps } from '../nova/body/body-steps.js';
import type { BodySchema } from '../nova/body/body-schema.js';
import { NAME, POSITIVE_INTEGER } from '../nova/body/parameter-types.js';

const HARD_POLICIES = ['anti-affinity', 'affinity'];
const POLICIES = [...HARD_POLICIES, 'soft-anti-affinity', 'soft-affinity'];
const POLICY =
  'Affinity: the same host for all servers. Anti-affinity: different hosts. Soft policies allow exceptions.';

class NamedGroup {
  @BodyProperty({ schema: NAME, description: 'The name of the group.', example: 'web servers' })
  readonly name!: string;
}

class FirstGroup extends NamedGroup {
  @BodyProperty({ schema: listOfOne(HARD_POLICIES), description: POLICY })
  readonly policies!: readonly [string];
}

class GroupWithSoftPolicies extends NamedGroup {
  @BodyProperty({ schema: listOfOne(POLICIES), description: POLICY })
  readonly policies!: readonly [string];
}

export class Rules {
  @BodyProperty({
    schema: POSITIVE_INTEGER,
    description: 'The maximum number of servers on one host.',
    optional: true,
  })
  readonly max_server_per_host?: number | bigint | string;
}

class GroupWithRules extends NamedGroup {
  @BodyProperty({ schema: { type: 'string', enum: POLICIES }, description: POLICY })
  readonly policy!: string;
  @BodyProperty({ schema: Rules, description: 'The rules of the policy anti-affinity.', optional: true })
  readonly rules?: Rules;
}

export type NewGroup = FirstGroup | GroupWithSoftPolicies | GroupWithRules;

const KEY = { name: 'server_group', description: 'The new group.' };
export const createBody = new BodySteps(
  { from: '2.1', to: '2.14', accepts: bodyWith(KEY, FirstGroup) },
  { from: '2.15', to: '2.63', accepts: bodyWith(KEY, GroupWithSoftPolicies) },
  { from: '2.64', accepts: bodyWith(KEY, GroupWithRules) },
);

function listOfOne(values: readonly string[]): BodySchema {
  const prefixItems = [{ type: 'string', enum: values }] as const;
  return { type: 'array', prefixItems, uniqueItems: true, minItems: 1, maxItems: 1 };
}
