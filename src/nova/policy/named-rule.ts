import { type Check, type Credentials, RuleError, type Target } from './language/checks.js';

/** The maximum length of a chain of rules that refer to each other. Nova's own rules need four. */
const MAX_CHAIN_LENGTH = 50;

/** The maximum number of checks in all rules of one decision. Nova's own rules have a dozen. */
const MAX_CHECKS = 10_000;

/** The error of a set of rules that cannot be used at all. */
export class RulesError extends Error {}

/** The state of one decision, which may evaluate many rules. */
export interface Decision {
  /** A number that identifies the decision. */
  number: number;
  /** The number of rules whose evaluation is in progress. */
  depth: number;
  /** The number of checks in the rules evaluated so far. */
  checks: number;
}

/** A rule that other rules can refer to. It is evaluated at most once per decision. */
export class NamedRule {
  /** The function into which the rule was compiled. */
  check: Check = () => false;
  /** The number of checks that the rule contains. */
  checks = 1;
  readonly references = new Set<NamedRule>();
  /** True while the rule is evaluated. A second evaluation in this time means that the rule refers to itself. */
  private isActive = false;
  /** The number of the last decision that evaluated this rule; 0 if there was none. */
  private lastDecision = 0;
  /** The verdict of this rule in the decision with the number `lastDecision`. */
  private verdict = false;
  private length: number | undefined;

  constructor(
    readonly name: string,
    private readonly decision: Decision,
  ) {}

  /**
   * Evaluates the rule, or returns its verdict if the current decision has already evaluated it.
   *
   * @throws RuleError
   */
  holds(target: Target, credentials: Credentials): boolean {
    const { decision } = this;
    if (this.isActive) throw new RuleError(`the rule "${this.name}" refers to itself`);
    if (this.lastDecision === decision.number) return this.verdict;
    if (decision.depth >= MAX_CHAIN_LENGTH)
      throw new RuleError(`it refers to more than ${MAX_CHAIN_LENGTH} rules in a chain`);
    decision.checks += this.checks;
    if (decision.checks > MAX_CHECKS) throw new RuleError(`it needs more than ${MAX_CHECKS} checks`);
    decision.depth += 1;
    this.isActive = true;
    try {
      this.verdict = this.check(target, credentials);
    } finally {
      this.isActive = false;
      decision.depth -= 1;
    }
    this.lastDecision = decision.number;
    return this.verdict;
  }

  /**
   * Returns the number of rules in the longest chain that starts with this rule.
   *
   * @param onCircle receives the rules of each circle; the last rule of a circle refers to the first one
   * @param path the rules through which the recursion reached this rule
   * @throws RulesError if a chain is too long
   */
  chainLength(onCircle: (circle: readonly NamedRule[]) => void, path: readonly NamedRule[] = []): number {
    if (this.length !== undefined) return this.length;
    const start = path.indexOf(this);
    if (start >= 0) {
      onCircle(path.slice(start));
      return 0;
    }
    const rules = [...path, this];
    let length = 1;
    for (const other of rules.length > MAX_CHAIN_LENGTH ? [] : this.references) {
      length = Math.max(length, 1 + other.chainLength(onCircle, rules));
    }
    if (Math.max(length, rules.length) > MAX_CHAIN_LENGTH) {
      throw new RulesError(`the rules refer to each other in a chain of more than ${MAX_CHAIN_LENGTH}`);
    }
    this.length = length;
    return length;
  }
}
