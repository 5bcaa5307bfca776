import { errorText } from '../../common/error-text.js';
import { type Check, type Credentials, NEVER, type Target } from './language/checks.js';
import { parseRule, type RuleText } from './language/parser.js';
import { MissingCredential, RuleError } from './language/rule-error.js';

export type { Credentials, RuleText, Target };

/** Rules by their names, as a file holds them; what is no {@link RuleText} denies. */
export type RuleTexts = Readonly<Record<string, unknown>>;

/** The rule that stands in for every name without a rule of its own, as oslo.policy's `policy_default_rule`. */
const DEFAULT_RULE = 'default';

/**
 * A set of rules in the language of OpenStack's oslo.policy, read once and then asked any number of times.
 * What oslo.policy refuses with an error, this denies. Problems of a rule are reported when it is read, and a
 * rule that fails for a request is reported the first time.
 */
export class Enforcer {
  private readonly rules = new Map<string, NamedRule>();
  private readonly failed = new Set<string>();

  constructor(
    rules: RuleTexts,
    private readonly onProblem: (name: string, problem: string) => void = () => undefined,
  ) {
    const texts = Object.entries(rules);
    for (const [name] of texts) this.rules.set(name, new NamedRule(name));
    for (const [name, text] of texts) this.define(name, text);
    for (const [name, rule] of this.rules) {
      if (rule.reaches(rule)) onProblem(name, 'the rule leads back to itself, and is denied where it does');
    }
  }

  /** Whether a rule allows the caller what is asked for. Never throws; an unknown rule denies, as does an error. */
  allows(name: string, target: Target, credentials: Credentials): boolean {
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
    rule.check = parseRule(text, { ruleCheck, report });
  }
}

/** A rule that others can name. */
class NamedRule {
  check: Check = NEVER;
  readonly references = new Set<NamedRule>();
  /** Whether the rule is being asked right now: then whoever asks it again was led round in a circle. */
  private active = false;

  constructor(private readonly name: string) {}

  holds(target: Target, credentials: Credentials): boolean {
    if (this.active) throw new RuleError(`the rule "${this.name}" leads back to itself`);
    this.active = true;
    try {
      return this.check(target, credentials);
    } catch (error) {
      if (error instanceof MissingCredential) return false;
      throw error;
    } finally {
      this.active = false;
    }
  }

  reaches(wanted: NamedRule, seen = new Set<NamedRule>()): boolean {
    for (const rule of this.references) {
      if (rule === wanted) return true;
      if (seen.has(rule)) continue;
      seen.add(rule);
      if (rule.reaches(wanted, seen)) return true;
    }
    return false;
  }
}
