import { type Check, type Credentials, RuleError, type Target } from './language/checks.js';

/** How deep the evaluation of rules may nest. Nova's own rules need four. */
const MAX_CHAIN_LENGTH = 50;

/** How many checks the rules of one decision may hold. Nova's own rules hold a dozen. */
const MAX_CHECKS = 10_000;

/** Why a set of rules cannot be used at all. */
export class RulesError extends Error {}

/** The state of one decision: its number, how deep its rules nest at the moment, and the checks of its rules so far. */
export interface Decision {
  number: number;
  depth: number;
  checks: number;
}

/** A rule that others can name. Within one decision it is evaluated once. */
export class NamedRule {
  /** The rule's text as a check, and how many checks that holds. */
  check: Check = () => false;
  checks = 1;
  readonly references = new Set<NamedRule>();
  /** Whether its evaluation is in progress: a second evaluation then means that the rule refers to itself. */
  private isActive = false;
  /** The number of the last decision that evaluated the rule, and its verdict. */
  private asked = 0;
  private verdict = false;
  private length: number | undefined;

  constructor(
    readonly name: string,
    private readonly decision: Decision,
  ) {}

  /** @throws RuleError */
  holds(target: Target, credentials: Credentials): boolean {
    const { decision } = this;
    if (this.isActive) throw new RuleError(`the rule "${this.name}" refers to itself`);
    if (this.asked === decision.number) return this.verdict;
    if (decision.depth >= MAX_CHAIN_LENGTH)
      throw new RuleError(`it asks more than ${MAX_CHAIN_LENGTH} rules in a chain`);
    decision.checks += this.checks;
    if (decision.checks > MAX_CHECKS) throw new RuleError(`it takes more than ${MAX_CHECKS} checks`);
    decision.depth += 1;
    this.isActive = true;
    try {
      this.verdict = this.check(target, credentials);
    } finally {
      this.isActive = false;
      decision.depth -= 1;
    }
    this.asked = decision.number;
    return this.verdict;
  }

  /**
   * How many rules the longest chain from here holds.
   *
   * @param onCircle gets the rules of each circle that is found, from where it closes
   * @param path the rules that led here
   * @throws RulesError for a chain that is too long
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
      throw new RulesError(`the rules name each other in a chain of more than ${MAX_CHAIN_LENGTH}`);
    }
    this.length = length;
    return length;
  }
}
