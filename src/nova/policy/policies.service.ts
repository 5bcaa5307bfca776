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

/** Decides by the rules in force what a caller may do. */
@Injectable()
export class PoliciesService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Policy');
  private readonly registered = new Map<string, Policy>();
  private readonly news = new ReportedProblems();
  private inForce = new RulesInForce({});

  constructor(private readonly files: PolicyFiles) {}

  /**
   * Takes the modules' policies, with their defaults, into the rules.
   *
   * @throws SettingsError when the operator's rules cannot be used
   */
  register(policies: Iterable<Policy>): void {
    for (const policy of policies) {
      const known = this.registered.get(policy.name) ?? BASE_RULES.find(({ name }) => name === policy.name);
      if (known !== undefined && known !== policy) {
        throw new Error(`there are two policies of the name ${policy.name}`);
      }
      this.registered.set(policy.name, policy);
    }
    try {
      this.renew(this.files.rules);
    } catch (error) {
      if (error instanceof RulesError)
        throw new SettingsError(`POLICY_FILE or POLICY_DIRS: ${error.message}`);
      throw error;
    }
  }

  /** Once all modules have registered theirs. */
  onApplicationBootstrap(): void {
    this.files.watch((rules) => {
      this.renew(rules);
    });
  }

  onApplicationShutdown(): void {
    this.files.close();
  }

  /** Whether a caller may do to the target what the policy guards. Unknown policies deny. */
  allows(context: RequestContext, policy: Policy, target: Target): boolean {
    return this.inForce.allows(context, policy, target);
  }

  /** What a caller may see of the target by a route. */
  accessTo(context: RequestContext, { internal, fields = {} }: ViewPolicies, target: Target): Access {
    const may = (policy: Policy): boolean => this.allows(context, policy, target);
    const opened: Record<string, boolean> = {};
    for (const [name, policy] of Object.entries(fields)) opened[name] = may(policy);
    return { view: internal !== undefined && may(internal) ? 'internal' : 'external', fields: opened };
  }

  /** Whether a caller is an administrator, who sees the servers of all projects. */
  isAdmin(context: RequestContext): boolean {
    return this.inForce.isAdmin(context);
  }

  /**
   * Puts rules into force: one assignment, so that no decision meets half of them.
   *
   * @throws RulesError
   */
  private renew(fromFiles: RuleTexts): void {
    const policies = [...this.registered.values()];
    const { rules, unknown, deprecations } = overrideDefaults([...BASE_RULES, ...policies], fromFiles);
    this.news.begin();
    const warn = (line: string): void => {
      if (this.news.isNew(line)) this.logger.warn(line);
    };
    this.inForce = new RulesInForce(rules, policies, (name, problem) => {
      warn(`"${name}": ${problem}`);
    });
    deprecations.forEach(warn);
    // One line of many names: a file meant for all of Nova holds hundreds that are not ours.
    const names = unknown.filter((name) => this.news.isNew(`unknown ${name}`));
    if (names.length > 0) {
      this.logger.warn(`the policy files name rules that this service does not have: ${names.join(', ')}`);
    }
  }
}

/** Selects the facts about a set of rules that deserve a line in the log: those that did not hold for the set before. */
class ReportedProblems {
  private before: ReadonlySet<string> = new Set();
  private now = new Set<string>();

  begin(): void {
    this.before = this.now;
    this.now = new Set();
  }

  isNew(fact: string): boolean {
    const known = this.before.has(fact) || this.now.has(fact);
    this.now.add(fact);
    return !known;
  }
}
