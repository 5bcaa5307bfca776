import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import { RulesError } from './named-rule.js';
import { listPolicyFiles, type PolicyLocations } from './policy-file-list.js';
import { PolicyFilesError, readPolicyFiles } from './read-policy-files.js';
import type { RuleTexts } from './rules-in-force.js';

/** Milliseconds between two checks of the policy files. Each check lists the files and their status. */
const LIST_INTERVAL = 200;

/**
 * A change takes effect only after this many equal listings of the policy files in a row. While an editor writes a
 * file, the listings differ.
 */
const MIN_EQUAL_LISTS = 2;

/**
 * A change that removes rules takes effect only after this many equal listings of the policy files in a row, that is,
 * after 2 seconds. While an editor overwrites a file, the file is incomplete for a moment. The defaults would then
 * replace the missing rules, and they may allow more.
 */
const MIN_EQUAL_LISTS_AFTER_LOSS = 10;

/** Publishes the result of each change of the policy files: the new rules are in force, or the files were rejected. */
export const policyReloads = topic<'accepted' | 'rejected'>('policy-reload');

/** The rules of the policy files. While the service runs, it rereads the files when they change. */
export class PolicyFiles {
  private readonly logger = new Logger('Policy');
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  /** The fingerprint of the last listing of the files. */
  private lastListed: string;
  /** The number of consecutive listings with the fingerprint `lastListed`. */
  private equalLists = 0;
  /** The rules that the service has read from the listed files, but not yet put into force. */
  private unapplied: RuleTexts | undefined;
  /** The last reported problem. Empty if there is no problem now. */
  private problem = '';
  /** True if the problem may disappear although the files do not change. */
  private hasTemporaryProblem = false;

  private constructor(
    private readonly locations: PolicyLocations,
    private current: RuleTexts,
    /** The fingerprint of the last listing whose rules were put into force or rejected. */
    private handled: string,
  ) {
    this.lastListed = handled;
  }

  /**
   * Reads the policy files.
   *
   * @throws SettingsError if a file exists but is invalid or cannot be read
   */
  static async open(locations: PolicyLocations): Promise<PolicyFiles> {
    const found = await listPolicyFiles(locations);
    const rules = await readPolicyFiles(found);
    if (rules instanceof PolicyFilesError) throw new SettingsError(rules.message);
    return new PolicyFiles(locations, rules, found.fingerprint);
  }

  /** The rules of the files that are in force, by name. */
  get rules(): RuleTexts {
    return this.current;
  }

  /**
   * Starts to check the files for changes. If changed files cannot be used, the previous rules stay in force.
   *
   * @param use puts changed rules into force; it throws a RulesError if it cannot use them
   */
  watch(use: (rules: RuleTexts) => void): void {
    const check = async (): Promise<void> => {
      try {
        await this.update(use);
      } catch (error) {
        this.reportProblem(`the policy files cannot be listed: ${errorText(error)}`, true);
      }
      schedule();
    };
    const schedule = (): void => {
      if (!this.closed) this.timer = setTimeout(() => void check(), LIST_INTERVAL).unref();
    };
    schedule();
  }

  /** Stops checking the files. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async update(use: (rules: RuleTexts) => void): Promise<void> {
    const found = await listPolicyFiles(this.locations);
    const { fingerprint } = found;
    if (fingerprint === this.lastListed) {
      this.equalLists += 1;
    } else {
      this.lastListed = fingerprint;
      this.equalLists = 1;
      this.unapplied = undefined;
    }
    if (fingerprint === this.handled && this.hasTemporaryProblem) this.reportRecovery();
    if (fingerprint === this.handled || this.equalLists < MIN_EQUAL_LISTS) return;
    const rules = this.unapplied ?? (await readPolicyFiles(found));
    // If a file changed while the service read the files, their contents may not belong to the same version.
    if ((await listPolicyFiles(this.locations)).fingerprint !== fingerprint) return;
    if (rules instanceof PolicyFilesError) {
      this.reject(rules, fingerprint);
      return;
    }
    this.unapplied = rules;
    const hasLostRules = Object.keys(this.current).some((name) => !Object.hasOwn(rules, name));
    if (hasLostRules && this.equalLists < MIN_EQUAL_LISTS_AFTER_LOSS) return;
    try {
      use(rules);
    } catch (error) {
      if (!(error instanceof RulesError)) throw error;
      this.reject(new PolicyFilesError(`POLICY_FILE or POLICY_DIRS: ${error.message}`, false), fingerprint);
      return;
    }
    this.current = rules;
    this.handled = fingerprint;
    this.reportRecovery();
    const names = found.files.map(({ path }) => path).join(', ');
    this.logger.log(
      names === ''
        ? 'there is no policy file any more: the default rules are in force'
        : `the policy files changed, and their rules are in force: ${names}`,
    );
  }

  private reject({ message, isTemporary }: PolicyFilesError, fingerprint: string): void {
    if (!isTemporary) this.handled = fingerprint;
    this.reportProblem(`${message}; the previous rules stay in force`, isTemporary, fingerprint);
  }

  /** Reports a problem once, although the service finds it at every check of the files. */
  private reportProblem(line: string, isTemporary: boolean, fingerprint = ''): void {
    const problem = `${fingerprint}\0${line}`;
    if (problem !== this.problem) {
      this.logger.error(line);
      policyReloads.publish('rejected');
    }
    this.problem = problem;
    this.hasTemporaryProblem = isTemporary;
  }

  private reportRecovery(): void {
    this.problem = '';
    this.hasTemporaryProblem = false;
    policyReloads.publish('accepted');
  }
}
