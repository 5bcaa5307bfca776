import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  type Credentials,
  type RuleText,
  RulesInForce,
  type Target,
} from '../../src/nova/policy/rules-in-force.js';

/** A verdict of oslo.policy; where it raised, `allowed` is a text that begins with `error:`. */
interface Verdict {
  readonly rules: Readonly<Record<string, RuleText>>;
  readonly name: string;
  readonly creds: Credentials;
  readonly target: Target;
  readonly allowed: boolean | string;
}

const verdicts = readFileSync(new URL('rules.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Verdict);

describe('the verdicts of oslo.policy', () => {
  it('the verdicts of oslo.policy are all recorded', () => {
    expect(verdicts).toHaveLength(400);
  });

  it("the service's verdicts on rules are those of oslo.policy", () => {
    const different = verdicts.filter(
      ({ rules, name, creds, target, allowed }) =>
        new RulesInForce(rules).decide(name, target, creds) !== (allowed === true),
    );
    expect(different).toEqual([]);
  });
});
