import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  type Credentials,
  type RuleText,
  RulesInForce,
  type Target,
} from '../../src/nova/policy/rules-in-force.js';

/**
 * A recorded decision of oslo.policy. `allowed` is a boolean. If oslo.policy raised an exception, it is a text that
 * begins with `error:`.
 */
interface Decision {
  readonly rules: Readonly<Record<string, RuleText>>;
  readonly name: string;
  readonly creds: Credentials;
  readonly target: Target;
  readonly allowed: boolean | string;
}

const verdicts = readFileSync(new URL('rules.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Decision);

describe('the recorded decisions of oslo.policy', () => {
  it('the recorded decisions of oslo.policy are complete', () => {
    expect(verdicts).toHaveLength(400);
  });

  it("the service's policy decisions equal the recorded decisions of oslo.policy", () => {
    const different = verdicts.filter(
      ({ rules, name, creds, target, allowed }) =>
        new RulesInForce(rules).decide(name, target, creds) !== (allowed === true),
    );
    expect(different).toEqual([]);
  });
});
