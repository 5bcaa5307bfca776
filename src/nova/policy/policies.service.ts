import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { RequestContext } from '../../identity/request-context.js';
import type { Access, ViewPolicies } from './access.js';
import { SettingsError } from '../../config/settings-error.js';
import { BASE_RULES } from './base-rules.js';
import type { Policy } from './policy.js';
import { PolicyFiles } from './policy-files.js';
import { RulesInForce, type RuleTexts, type Target } from './rules-in-force.js';
import { RulesError } from './named-rule.js';
import { overrideDefaults } from './override-defaults.js';

/** Decides what a caller may do, by the rules in force. */
@Injectable()
export class PoliciesService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Policy');
  private readonly registered = new Map<string, Policy>();
  private readonly reported = new ReportedProblems();
  private inForce = new RulesInForce({});

  constructor(private readonly files: PolicyFiles) {}

  /**
   * Adds the policies of a module, with their default rules, to the rules in force.
   *
   * @throws SettingsError if the rules of the policy files cannot be used
   */
  register(policies: Iterable<Policy>): void {
    for (const policy of policies) {
      const known = this.registered.get(policy.name) ?? BASE_RULES.find(({ name }) => name === policy.name);
      if (known !== undefined && known !== policy) {
        throw new Error(`two policies have the name ${policy.name}`);
      }
      this.registered.set(policy.name, policy);
    }
    try {
      this.replaceRules(this.files.rules);
    } catch (error) {
      if (error instanceof RulesError)
        throw new SettingsError(`POLICY_FILE or POLICY_DIRS: ${error.message}`);
      throw error;
    }
  }

  /** Starts to watch the policy files. Nest calls this method after all modules have registered their policies. */
  onApplicationBootstrap(): void {
    this.files.watch((rules) => {
      this.replaceRules(rules);
    });
  }

  onApplicationShutdown(): void {
    this.files.close();
  }

  /** Returns true if the policy allows the caller access to the target. An unregistered policy denies. */
  allows(context: RequestContext, policy: Policy, target: Target): boolean {
    return this.inForce.allows(context, policy, target);
  }

  /** Returns the part of the target that the policies of a route let the caller see. */
  accessTo(context: RequestContext, { internal, fields = {} }: ViewPolicies, target: Target): Access {
    const may = (policy: Policy): boolean => this.allows(context, policy, target);
    const opened: Record<string, boolean> = {};
    for (const [name, policy] of Object.entries(fields)) opened[name] = may(policy);
    return { view: internal !== undefined && may(internal) ? 'internal' : 'external', fields: opened };
  }

  /** Returns true if the caller is an administrator, who sees the servers of all projects. */
  isAdmin(context: RequestContext): boolean {
    return this.inForce.isAdmin(context);
  }

  /**
   * Replaces all rules in force with one assignment, so that each decision uses either the old set or the new set.
   *
   * @throws RulesError if the rules cannot be used; the previous rules stay in force
   */
  private replaceRules(fromFiles: RuleTexts): void {
    const policies = [...this.registered.values()];
    const { rules, unknown, deprecations } = overrideDefaults([...BASE_RULES, ...policies], fromFiles);
    this.reported.startSet();
    const warn = (line: string): void => {
      if (this.reported.isNew(line)) this.logger.warn(line);
    };
    this.inForce = new RulesInForce(rules, policies, (name, problem) => {
      warn(`"${name}": ${problem}`);
    });
    deprecations.forEach(warn);
    // One log line contains all names, because a policy file for a whole Nova deployment has hundreds of names that
    // this service does not have.
    const names = unknown.filter((name) => this.reported.isNew(`unknown ${name}`));
    if (names.length > 0) {
      this.logger.warn(`the policy files define rules that this service does not use: ${names.join(', ')}`);
    }
  }
}

/**
 * The problems that the service has already logged. A problem that disappears and later returns is logged a second
 * time.
 */
class ReportedProblems {
  private previous: ReadonlySet<string> = new Set();
  private current = new Set<string>();

  /** Starts to record the problems of the next set of rules. */
  startSet(): void {
    this.previous = this.current;
    this.current = new Set();
  }

  /** Records a problem. Returns true if neither this set of rules nor the previous one had it. */
  isNew(problem: string): boolean {
    const isKnown = this.previous.has(problem) || this.current.has(problem);
    this.current.add(problem);
    return !isKnown;
  }
}
