import { errorText } from '../../common/error-text.js';
import { type Check, type Credentials, NEVER, type Target } from './language/checks.js';
import { parseRule, type RuleText } from './language/parser.js';
import { MissingCredential, RuleError } from '../python/rule-error.js';
import { chainsOf } from './rule-chains.js';

export type { Credentials, RuleText, Target };

/** Rules by their names, as a file holds them; what is no {@link RuleText} denies. */
export type RuleTexts = Readonly<Record<string, unknown>>;

/** The rule that stands in for every name without a rule of its own, as oslo.policy's `policy_default_rule`. */
const DEFAULT_RULE = 'default';

/** How many rules may be asked within each other. Nova's own need four. */
const LONGEST_CHAIN = 50;

/** How many checks one decision may take; each `%` of a check counts as one more. Nova's own take a dozen. */
const MOST_CHECKS = 10_000;

/** Why a set of rules cannot be used at all. */
export class RulesError extends Error {}

/**
 * A set of rules in the language of OpenStack's oslo.policy, read once and then asked any number of times.
 * What oslo.policy refuses with an error, this denies. Problems of a rule are reported when it is read, and a
 * rule that fails for a request is reported the first time.
 */
export class Enforcer {
  private readonly rules = new Map<string, NamedRule>();
  private readonly failed = new Set<string>();
  private readonly decision: Decision = { number: 0, checks: 0 };

  /** @throws RulesError when rules name each other in too long a chain */
  constructor(
    rules: RuleTexts,
    private readonly onProblem: (name: string, problem: string) => void = () => undefined,
  ) {
    const texts = Object.entries(rules);
    for (const [name] of texts) this.rules.set(name, new NamedRule(name, this.decision));
    for (const [name, text] of texts) this.define(name, text);
    const { circular, longest } = chainsOf(this.rules.values());
    if (longest > LONGEST_CHAIN) {
      throw new RulesError(
        `the rules name each other in a chain of ${longest}; ${LONGEST_CHAIN} is the most`,
      );
    }
    for (const { name } of circular) {
      onProblem(name, 'the rule refers to itself, and denies there');
    }
  }

  /** Whether a rule allows the caller what is asked for. Never throws; an unknown rule denies, as does an error. */
  allows(name: string, target: Target, credentials: Credentials): boolean {
    this.decision.number += 1;
    this.decision.checks = 0;
    try {
      return this.find(name)?.holds(target, credentials) ?? false;
    } catch (error) {
      this.reportFailure(name, errorText(error));
      return false;
    }
  }

  /** Once a rule: a broken rule of a busy service would fill the log. */
  private reportFailure(name: string, reason: string): void {
    if (this.failed.has(name)) return;
    this.failed.add(name);
    this.onProblem(name, `the rule fails and denies: ${reason}`);
  }

  private find(name: string): NamedRule | undefined {
    return this.rules.get(name) ?? this.rules.get(DEFAULT_RULE);
  }

  private define(name: string, text: unknown): void {
    const rule = this.rules.get(name);
    if (rule === undefined) return;
    const report = (problem: string): void => {
      this.onProblem(name, problem);
    };
    const ruleCheck = (other: string): Check => {
      const named = this.find(other);
      if (named === undefined) {
        report(`there is no rule "${other}", so "rule:${other}" denies`);
        return NEVER;
      }
      rule.references.add(named);
      return (target, credentials) => named.holds(target, credentials);
    };
    const counted = (check: Check, word: string): Check => {
      const cost = word.split('%').length;
      return (target, credentials) => {
        this.decision.checks += cost;
        if (this.decision.checks > MOST_CHECKS)
          throw new RuleError(`it takes more than ${MOST_CHECKS} checks`);
        return check(target, credentials);
      };
    };
    rule.check = parseRule(text, { ruleCheck, report, counted });
  }
}

/** What is being decided: the number of the decision, and how many checks it has taken. */
interface Decision {
  number: number;
  checks: number;
}

/** A rule that others can name. */
class NamedRule {
  check: Check = NEVER;
  readonly references = new Set<NamedRule>();
  /** Whether the rule is being asked right now: then whoever asks it again was led round in a circle. */
  private active = false;
  /** The decision in which it was asked last, and what it said: within one decision it says the same again. */
  private asked = 0;
  private verdict = false;

  constructor(
    readonly name: string,
    private readonly decision: Readonly<Decision>,
  ) {}

  holds(target: Target, credentials: Credentials): boolean {
    if (this.active) throw new RuleError(`the rule "${this.name}" refers to itself`);
    if (this.asked === this.decision.number) return this.verdict;
    this.active = true;
    try {
      this.verdict = this.check(target, credentials);
    } catch (error) {
      if (!(error instanceof MissingCredential)) throw error;
      this.verdict = false;
    } finally {
      this.active = false;
    }
    this.asked = this.decision.number;
    return this.verdict;
  }
}
