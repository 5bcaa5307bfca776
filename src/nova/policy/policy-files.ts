import { Logger } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { errorCode } from '../../common/error-code.js';
import { errorText } from '../../common/error-text.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import { RulesError, type RuleTexts } from './rules-in-force.js';
import { type PolicyPlaces, type Survey, survey } from './policy-file-list.js';
import { PolicyTextError, readPolicyText } from './policy-text.js';

/** How often the places are looked at, in milliseconds. */
const INTERVAL = 200;

/** How many looks in a row have to find the same before it counts: while a file is being written they do not. */
const LOOKS = 2;

/**
 * How many they are, 2 seconds, where rules have gone that were in force. A file that is being written in place is short
 * of its rules for a moment, and without them the defaults would count, which may allow more.
 */
const LOOKS_WITHOUT_RULES = 10;

/** Whether the files of the moment are in force since now, or were no good. */
export const policyReloads = topic<'taken' | 'refused'>('policy-reload');

/** Why the files of the moment cannot serve; the message is one line that names the setting and the file. */
class PolicyFilesError extends Error {
  constructor(
    problem: string,
    /** Whether another try may go better although nothing changed. */
    readonly passing: boolean,
  ) {
    super(problem);
  }
}

/** The rules that an operator's files hold, kept up to date while the service runs. */
export class PolicyFiles {
  private readonly logger = new Logger('Policy');
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  /** The fingerprint of the last look, and how many looks in a row have found it. */
  private seen: string;
  private looks = 0;
  /** What was read of it, if it was. */
  private read: RuleTexts | undefined;
  private complaint = '';
  /** Whether what is complained of may be over without a change. */
  private complaintPasses = false;

  private constructor(
    private readonly places: PolicyPlaces,
    private current: RuleTexts,
    /** The fingerprint of what `current` was read from. */
    private taken: string,
  ) {
    this.seen = taken;
  }

  /** @throws SettingsError when a file is there but cannot serve */
  static async open(places: PolicyPlaces): Promise<PolicyFiles> {
    const found = await survey(places);
    const rules = await tryToRead(found);
    if (rules instanceof PolicyFilesError) throw new SettingsError(rules.message);
    return new PolicyFiles(places, rules, found.fingerprint);
  }

  /** The rules of all files, by name. */
  get rules(): RuleTexts {
    return this.current;
  }

  /**
   * Looks for changes from now on, beside the requests; a change that is no good leaves the rules as they are.
   *
   * @param use puts rules into force; throws a RulesError for those that it cannot use
   */
  watch(use: (rules: RuleTexts) => void): void {
    const look = async (): Promise<void> => {
      try {
        await this.renew(use);
      } catch (error) {
        this.complain(`the policy files cannot be looked at: ${errorText(error)}`, true);
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
    const found = await survey(this.places);
    const { fingerprint } = found;
    if (fingerprint === this.seen) {
      this.looks += 1;
    } else {
      this.seen = fingerprint;
      this.looks = 1;
      this.read = undefined;
    }
    if (fingerprint === this.taken && this.complaintPasses) this.praise();
    if (fingerprint === this.taken || this.looks < LOOKS) return;
    const rules = this.read ?? (await tryToRead(found));
    // What changed while it was read may have been read half.
    if ((await survey(this.places)).fingerprint !== fingerprint) return;
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
    this.taken = fingerprint;
    this.praise();
    const names = found.files.map(({ path }) => path).join(', ');
    this.logger.log(`the policy files have changed and were read again: ${names || 'there is none'}`);
  }

  private refuse({ message, passing }: PolicyFilesError, fingerprint: string): void {
    if (!passing) this.taken = fingerprint;
    this.complain(`${message}; the rules stay as they were`, passing, fingerprint);
  }

  /** Once a change, however often it is looked at. */
  private complain(line: string, passing: boolean, fingerprint = ''): void {
    const complaint = `${fingerprint}\0${line}`;
    if (complaint !== this.complaint) {
      this.logger.error(line);
      policyReloads.publish('refused');
    }
    this.complaint = complaint;
    this.complaintPasses = passing;
  }

  private praise(): void {
    this.complaint = '';
    this.complaintPasses = false;
    policyReloads.publish('taken');
  }
}

async function tryToRead(found: Survey): Promise<RuleTexts | PolicyFilesError> {
  try {
    return await readRules(found);
  } catch (error) {
    if (error instanceof PolicyFilesError) return error;
    throw error;
  }
}

/** @throws PolicyFilesError */
async function readRules({ files, problem }: Survey): Promise<RuleTexts> {
  if (problem !== undefined) throw new PolicyFilesError(problem, false);
  const rules = new Map<string, unknown>();
  for (const { setting, path } of files) {
    const text = await readText(`${setting} ${path}`, path);
    for (const [name, rule] of Object.entries(rulesOf(`${setting} ${path}`, text))) rules.set(name, rule);
  }
  return Object.fromEntries(rules);
}

async function readText(what: string, path: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new PolicyFilesError(`${what} cannot be read (${errorCode(error)})`, true);
  }
  if (!isUtf8(content)) throw new PolicyFilesError(`${what} is not UTF-8 text`, false);
  return content.toString('utf8');
}

function rulesOf(what: string, text: string): RuleTexts {
  try {
    return readPolicyText(text);
  } catch (error) {
    if (error instanceof PolicyTextError) {
      throw new PolicyFilesError(`${what} is no policy file: ${error.message}`, false);
    }
    throw error;
  }
}
