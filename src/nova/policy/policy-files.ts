import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import { RulesError } from './named-rule.js';
import { listPolicyFiles, type PolicyPlaces } from './policy-file-list.js';
import { PolicyFilesError, readPolicyFiles } from './read-policy-files.js';
import type { RuleTexts } from './rules-in-force.js';

/** How often the service lists the files, in milliseconds. */
const INTERVAL = 200;

/** How many lists in a row must be the same before the files count: while an editor writes a file, they differ. */
const LOOKS = 2;

/**
 * How many it takes, 2 seconds, where the files lack rules that are in force. A file that an editor writes in place lacks
 * rules for a moment, and without them the defaults would count, which may allow more.
 */
const LOOKS_WITHOUT_RULES = 10;

/** Says whether changed files were put into force, or refused. */
export const policyReloads = topic<'accepted' | 'rejected'>('policy-reload');

/** The rules that an operator's files hold, kept up to date while the service runs. */
export class PolicyFiles {
  private readonly logger = new Logger('Policy');
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  /** The fingerprint of the last list, and how many lists in a row had it. */
  private seen: string;
  private looks = 0;
  /** The rules of that list, once they are read. */
  private read: RuleTexts | undefined;
  /** The last problem that was reported; empty once it is over. */
  private problem = '';
  /** Whether the problem may end without a change of the files. */
  private isPassing = false;

  private constructor(
    private readonly places: PolicyPlaces,
    private current: RuleTexts,
    /** The fingerprint of the files that are in force, or were refused. */
    private settled: string,
  ) {
    this.seen = settled;
  }

  /** @throws SettingsError when a file is there but cannot serve */
  static async open(places: PolicyPlaces): Promise<PolicyFiles> {
    const found = await listPolicyFiles(places);
    const rules = await readPolicyFiles(found);
    if (rules instanceof PolicyFilesError) throw new SettingsError(rules.message);
    return new PolicyFiles(places, rules, found.fingerprint);
  }

  /** The rules of all files, by name. */
  get rules(): RuleTexts {
    return this.current;
  }

  /**
   * Looks for changes from now on, while requests are served; files that cannot be used leave the rules as they are.
   *
   * @param use puts rules into force; throws a RulesError for rules that it cannot use
   */
  watch(use: (rules: RuleTexts) => void): void {
    const look = async (): Promise<void> => {
      try {
        await this.renew(use);
      } catch (error) {
        this.reportProblem(`the policy files cannot be listed: ${errorText(error)}`, true);
      }
      plan();
    };
    const plan = (): void => {
      if (!this.closed) this.timer = setTimeout(() => void look(), INTERVAL).unref();
    };
    plan();
  }

  /** Ends the watch. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async renew(use: (rules: RuleTexts) => void): Promise<void> {
    const found = await listPolicyFiles(this.places);
    const { fingerprint } = found;
    if (fingerprint === this.seen) {
      this.looks += 1;
    } else {
      this.seen = fingerprint;
      this.looks = 1;
      this.read = undefined;
    }
    if (fingerprint === this.settled && this.isPassing) this.reportRecovery();
    if (fingerprint === this.settled || this.looks < LOOKS) return;
    const rules = this.read ?? (await readPolicyFiles(found));
    // A file that changed meanwhile may have been read half.
    if ((await listPolicyFiles(this.places)).fingerprint !== fingerprint) return;
    if (rules instanceof PolicyFilesError) {
      this.refuse(rules, fingerprint);
      return;
    }
    this.read = rules;
    const hasLostRules = Object.keys(this.current).some((name) => !Object.hasOwn(rules, name));
    if (hasLostRules && this.looks < LOOKS_WITHOUT_RULES) return;
    try {
      use(rules);
    } catch (error) {
      if (!(error instanceof RulesError)) throw error;
      this.refuse(new PolicyFilesError(`POLICY_FILE or POLICY_DIRS: ${error.message}`, false), fingerprint);
      return;
    }
    this.current = rules;
    this.settled = fingerprint;
    this.reportRecovery();
    const names = found.files.map(({ path }) => path).join(', ');
    this.logger.log(`the policy files have changed and were read again: ${names || 'there is none'}`);
  }

  private refuse({ message, passing }: PolicyFilesError, fingerprint: string): void {
    if (!passing) this.settled = fingerprint;
    this.reportProblem(`${message}; the rules stay as they were`, passing, fingerprint);
  }

  /** Once a change, however often the files are listed. */
  private reportProblem(line: string, isPassing: boolean, fingerprint = ''): void {
    const problem = `${fingerprint}\0${line}`;
    if (problem !== this.problem) {
      this.logger.error(line);
      policyReloads.publish('rejected');
    }
    this.problem = problem;
    this.isPassing = isPassing;
  }

  private reportRecovery(): void {
    this.problem = '';
    this.isPassing = false;
    policyReloads.publish('accepted');
  }
}
