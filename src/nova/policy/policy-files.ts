import { Logger } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { errorText } from '../../common/error-text.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import type { RuleTexts } from './enforcer.js';
import { codeOf, type PolicyPlaces, type Survey, survey } from './policy-survey.js';
import { PolicyTextError, readPolicyText } from './policy-text.js';

/** How often the places are looked at, in milliseconds. A change is taken at the second look that finds it. */
const INTERVAL = 200;

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
  /** The fingerprint of the last look; a file that is still being written differs from one look to the next. */
  private seen: string;
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

  /** Looks for changes from now on, beside the requests; a change that is no good leaves the rules as they are. */
  watch(onChange: () => void): void {
    const look = async (): Promise<void> => {
      try {
        if (await this.renew()) onChange();
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

  /** @returns whether there are new rules */
  private async renew(): Promise<boolean> {
    const found = await survey(this.places);
    const { fingerprint } = found;
    const settled = fingerprint === this.seen;
    this.seen = fingerprint;
    if (fingerprint === this.taken && this.complaintPasses) this.praise();
    if (fingerprint === this.taken || !settled) return false;
    const rules = await tryToRead(found);
    // What changed while it was read may have been read half.
    if ((await survey(this.places)).fingerprint !== fingerprint) return false;
    if (rules instanceof PolicyFilesError) {
      if (!rules.passing) this.taken = fingerprint;
      this.complain(`${rules.message}; the rules stay as they were`, rules.passing, fingerprint);
      return false;
    }
    this.current = rules;
    this.taken = fingerprint;
    this.praise();
    const names = found.files.map(({ path }) => path).join(', ');
    this.logger.log(`the policy files have changed and were read again: ${names || 'there is none'}`);
    return true;
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
    throw new PolicyFilesError(`${what} cannot be read (${codeOf(error)})`, true);
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
