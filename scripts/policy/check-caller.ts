import { deploymentPolicies } from './deployment-policies.js';
import type { RequestContext } from '../../src/identity/request-context.js';
import { BASE_RULES } from '../../src/nova/policy/base-rules.js';
import { RulesError } from '../../src/nova/policy/named-rule.js';
import type { Policy } from '../../src/nova/policy/policy.js';
import { readPolicyText } from '../../src/nova/policy/read-policy-files.js';
import { overrideDefaults } from '../../src/nova/policy/override-defaults.js';
import { RulesInForce, type RuleTexts, type Target } from '../../src/nova/policy/rules-in-force.js';
import { errorText } from '../../src/common/error-text.js';
import { print, readText, say, UsageError } from '../shared/console.js';

/** The policy file and the rule to check. */
export interface CheckOptions {
  /** The path of the operator's policy file; undefined to apply only the defaults. */
  readonly file: string | undefined;
  /** The name of the rule to check; undefined to check every policy of the service. */
  readonly rule: string | undefined;
}

/** Prints whether a policy allows the caller access to the target, for every policy or for the given rule. */
export function checkCaller({ file, rule }: CheckOptions, caller: RequestContext, target: Target): void {
  const policies = deploymentPolicies();
  const fromFile = file === undefined ? {} : readRules(file);
  const { rules, unknown, deprecations } = overrideDefaults([...BASE_RULES, ...policies], fromFile);
  const problems: string[] = [];
  const inForce = compileRules(rules, policies, file, problems);
  for (const name of unknown) say(`"${name}": this service has no such rule`);
  deprecations.forEach(say);
  if (rule !== undefined && !Object.hasOwn(rules, rule)) say(`"${rule}": there is no such rule`);
  for (const name of rule === undefined ? policies.map((policy) => policy.name).sort() : [rule]) {
    const policy = policies.find((one) => one.name === name);
    const isAllowed = policy ? inForce.allows(caller, policy, target) : inForce.holds(caller, name, target);
    print(`${isAllowed ? 'passed' : 'failed'}: ${name}`);
  }
  problems.forEach(say);
}

/**
 * Compiles the rules.
 *
 * @param problems receives a message for each rule that cannot work as written. Some problems are only found when a
 *   rule is evaluated, after this function has returned
 */
function compileRules(
  rules: RuleTexts,
  policies: readonly Policy[],
  file: string | undefined,
  problems: string[],
): RulesInForce {
  try {
    return new RulesInForce(rules, policies, (name, problem) => problems.push(`"${name}": ${problem}`));
  } catch (error) {
    throw error instanceof RulesError ? new UsageError(`${file ?? 'the defaults'}: ${error.message}`) : error;
  }
}

function readRules(file: string): RuleTexts {
  const text = readText(file);
  try {
    return readPolicyText(text);
  } catch (error) {
    throw new UsageError(`${file} is not a valid policy file: ${errorText(error)}`);
  }
}
