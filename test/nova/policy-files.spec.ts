import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { mkdir, mkdtemp, rename, rm, rmdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadFixture } from '../conformance/cases.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';

const { labels } = loadFixture();
const LIST = `/v2.1/servers/${labels['busy']?.[0] ?? ''}/os-instance-actions`;
const NAME = 'os_compute_api:os-instance-actions:list';
const OLD_NAME = 'os_compute_api:os-instance-actions';
const BROKEN = `"${NAME}": "role:auditor`;

/** The maximum time from a change of the files until the service applies it, in milliseconds. */
const CHANGE_TIMEOUT = 3_000 + BUSY_MACHINE_MARGIN;
/** The minimum time for which the service still applies rules that were removed from the files, in milliseconds. */
const HOLD_TIME = 1_700;
/**
 * If the service has not used a change of the files after this time, a test assumes that the service ignores the
 * change. In milliseconds.
 */
const SETTLING_TIME = 900;

describe('policy files', () => {
  let store: TestStore;
  let folder: string;
  let service: RunningService | undefined;
  const logged = { log: [] as string[], warn: [] as string[], error: [] as string[] };

  beforeAll(async () => {
    store = await recordedStore();
    for (const level of ['log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation(function (this: Logger, message: unknown) {
        if ('context' in this && this.context === 'Policy') logged[level].push(String(message));
      });
    }
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-'));
    for (const lines of Object.values(logged)) lines.length = 0;
  });

  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await rm(folder, { recursive: true });
  });

  afterAll(async () => {
    jest.restoreAllMocks();
    await store.remove();
  });

  const file = (): string => join(folder, 'policy.yaml');
  const inFolder = (name: string, from = 'policy.d'): string => join(folder, from, name);
  const rule = (text: string, name = NAME): string => `"${name}": "${text}"\n`;

  const start = async (): Promise<void> => {
    service = await startService({
      DATABASE_URL: store.url,
      POLICY_FILE: file(),
      POLICY_DIRS: `${join(folder, 'policy.d')}, ${join(folder, 'more.d')}`,
    });
  };

  /** Returns the names of the test callers who may list actions. rita is a reader of the project, nora an auditor. */
  const listers = async (): Promise<string> => {
    const allowed: string[] = [];
    for (const persona of ['rita', 'nora']) {
      const response = await fetch(`${service?.url ?? ''}${LIST}`, {
        headers: { 'X-Auth-Token': personaTokens[persona] ?? '' },
      });
      if (response.status === 200) allowed.push(persona);
    }
    return allowed.join(' ');
  };

  /** Waits until the given test callers, and no others, may list actions. */
  const untilListersAre = async (expected: string): Promise<void> => {
    const end = Date.now() + CHANGE_TIMEOUT;
    while (Date.now() < end && (await listers()) !== expected) await sleep(50);
    expect(await listers()).toBe(expected);
  };

  it('policy files are in force from the start', async () => {
    await writeFile(file(), rule('role:auditor'));
    await start();
    expect(await listers()).toBe('nora');
    expect(logged).toEqual({ log: [], warn: [], error: [] });
  });

  it('policy files are reloaded after they appear, change, are replaced or disappear', async () => {
    await start();
    expect(await listers()).toBe('rita');
    await writeFile(file(), rule('role:auditor'));
    await untilListersAre('nora');
    await writeFile(file(), rule('@'));
    await untilListersAre('rita nora');
    await writeFile(inFolder('new', '.'), JSON.stringify({ [NAME]: '!' }));
    await rename(inFolder('new', '.'), file());
    await untilListersAre('');
    await rm(file());
    await untilListersAre('rita');
    expect(logged.log).toHaveLength(4);
    expect([...logged.warn, ...logged.error]).toEqual([]);
  });

  it('policy files are reloaded even after a change that keeps the size and the modification time of the file', async () => {
    await writeFile(file(), rule('role:reader '));
    await utimes(file(), 1_700_000_000, 1_700_000_000);
    await start();
    expect(await listers()).toBe('rita');
    await writeFile(file(), rule('role:auditor'));
    await utimes(file(), 1_700_000_000, 1_700_000_000);
    await untilListersAre('nora');
  });

  it('policy files in folders override POLICY_FILE, folder by folder and in alphabetical order, without hidden files', async () => {
    await writeFile(file(), rule('!'));
    for (const name of ['policy.d', 'more.d', 'policy.d/within.yaml']) await mkdir(join(folder, name));
    await writeFile(inFolder('.zz.yaml'), rule('!'));
    await writeFile(inFolder('zz.yaml', 'policy.d/within.yaml'), rule('!'));
    await symlink(join(folder, 'nowhere'), inFolder('z-dangling.yaml'));
    await writeFile(inFolder('b'), rule('role:auditor'));
    await writeFile(inFolder('B.json'), rule('!'));
    await start();
    expect(await listers()).toBe('nora');
    await writeFile(inFolder('c.yaml~'), rule('@'));
    await untilListersAre('rita nora');
    await writeFile(inFolder('a.yaml', 'more.d'), rule('role:reader'));
    await untilListersAre('rita');
    await rm(join(folder, 'more.d'), { recursive: true });
    await untilListersAre('rita nora');
    await writeFile(inFolder('real', '.'), rule('!'));
    await symlink(inFolder('real', '.'), inFolder('d.yaml'));
    await untilListersAre('');
    await writeFile(inFolder('real', '.'), rule('role:auditor'));
    await untilListersAre('nora');
  });

  it('policy files may use a deprecated name', async () => {
    await start();
    await writeFile(file(), rule('role:auditor', OLD_NAME));
    await untilListersAre('nora');
    expect(logged.warn).toEqual([
      `"${OLD_NAME}" is deprecated since Nova 21.0.0 in favour of ${OLD_NAME}:list, ${OLD_NAME}:show`,
    ]);
    await writeFile(file(), rule('role:auditor', OLD_NAME) + rule('role:reader'));
    await untilListersAre('rita');
    expect(logged.warn).toHaveLength(1);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'cannot be parsed',
      () => writeFile(file(), BROKEN),
      /^POLICY_FILE \S+ is not a valid policy file: [^\n]+ stay in force/,
    ],
    [
      'is not UTF-8 text',
      () => writeFile(file(), '"\xff"', 'latin1'),
      /^POLICY_FILE \S+ is not UTF-8 text; .* stay in force/,
    ],
    [
      'is a folder',
      () => rm(file()).then(() => mkdir(file())),
      /^POLICY_FILE \S+ is not a file; .* stay in force/,
    ],
    [
      'in a folder of POLICY_DIRS cannot be parsed',
      () => mkdir(join(folder, 'policy.d')).then(() => writeFile(inFolder('a'), BROKEN)),
      /^POLICY_DIRS \S+policy\.d\/a is not a valid policy file: [^\n]+ stay in force/,
    ],
    [
      'is where POLICY_DIRS expects a folder',
      () => writeFile(join(folder, 'policy.d'), ''),
      /^POLICY_DIRS \S+ is not a folder; .* stay in force/,
    ],
  ])(
    'if a policy file %s, the previous rules stay in force, and the log has one error',
    async (_what, spoil, message) => {
      await writeFile(file(), rule('role:auditor'));
      await start();
      await spoil();
      await until(() => logged.error.length > 0, 'the log reports the problem');
      await sleep(SETTLING_TIME);
      expect(await listers()).toBe('nora');
      expect(logged.error).toEqual([expect.stringMatching(message)]);
      await rm(join(folder, 'policy.d'), { recursive: true, force: true });
      await rmdir(file()).catch(() => undefined);
      await writeFile(file(), rule('@'));
      await untilListersAre('rita nora');
      await writeFile(file(), BROKEN);
      await until(() => logged.error.length > 1, 'the log reports the problem');
      await sleep(SETTLING_TIME);
      expect(logged.error).toHaveLength(2);
    },
  );

  it.each<[string, () => Promise<void>]>([
    ['empty', () => truncate(file())],
    ['missing', () => rm(file())],
    ['reduced to a comment', () => writeFile(file(), '# nothing yet\n')],
    ['incomplete', () => writeFile(file(), rule('@', 'other'))],
  ])(
    'the previous rules stay in force while a policy file is %s for one second, as when an editor overwrites the file',
    async (_what, spoil) => {
      const whole = rule('@', 'other') + rule('!');
      await writeFile(file(), whole);
      await start();
      let isInTime = false;
      while (!isInTime) {
        await spoil();
        const at = performance.now();
        await sleep(1_000);
        const meanwhile = await listers();
        // On a busy machine, this line is sometimes reached after HOLD_TIME, when the service has correctly dropped the
        // removed rules. The test then tries again.
        isInTime = performance.now() - at < HOLD_TIME;
        if (isInTime) expect(meanwhile).toBe('');
        await writeFile(file(), whole);
        if (!isInTime) await untilListersAre('');
      }
      await sleep(SETTLING_TIME);
      expect(await listers()).toBe('');
      expect(logged.error).toEqual([]);
      await spoil();
      await untilListersAre('rita');
    },
  );

  it('if the rules in new policy files form too long a chain, the previous rules stay in force, and the log has one error', async () => {
    await writeFile(file(), rule('role:auditor'));
    await start();
    const names = Array.from({ length: 20_000 }, (_, index) => `r${index}`);
    const chain = names.map((name, index) => rule(`rule:${names[index + 1] ?? NAME}`, name)).join('');
    await writeFile(file(), rule('@') + chain);
    await until(() => logged.error.length > 0, 'the log reports the problem');
    await sleep(SETTLING_TIME);
    expect(await listers()).toBe('nora');
    expect(logged.error).toEqual([
      'POLICY_FILE or POLICY_DIRS: the rules refer to each other in a chain of more than 50; ' +
        'the previous rules stay in force',
    ]);
    await expect(startService({ DATABASE_URL: store.url, POLICY_FILE: file() })).rejects.toMatchObject({
      name: 'Error',
      message: 'POLICY_FILE or POLICY_DIRS: the rules refer to each other in a chain of more than 50',
    });
  });

  it('policy files are rejected if they are larger than 1 MiB or a device such as /dev/zero', async () => {
    await writeFile(file(), rule('role:auditor'));
    await start();
    await writeFile(file(), `#${'x'.repeat(1_048_576)}`);
    await until(() => logged.error.length > 0, 'the log reports the problem');
    await rm(file());
    await symlink('/dev/zero', file());
    await until(() => logged.error.length > 1, 'the log reports the problem');
    expect(logged.error).toEqual([
      expect.stringMatching(/^POLICY_FILE \S+ has more than 1048576 bytes; .* stay in force/),
      expect.stringMatching(/^POLICY_FILE \S+ is not a file; .* stay in force/),
    ]);
    expect(await listers()).toBe('nora');
    await rm(file());
    await symlink('/dev/null', file());
    await untilListersAre('rita');
  });

  it('requests are not delayed while the service reads policy files', async () => {
    await start();
    const end = Date.now() + 2_000;
    let changes = 0;
    const change = async (): Promise<void> => {
      while (Date.now() < end || changes < 3) {
        await writeFile(file(), rule('@', `os_compute_api:os-instance-actions:${(changes += 1)}`));
        await sleep(600);
      }
    };
    const changing = change();
    let slowest = 0;
    while (Date.now() < end) {
      const at = performance.now();
      expect(await listers()).toBe('rita');
      slowest = Math.max(slowest, performance.now() - at);
    }
    await changing;
    expect(changes).toBeGreaterThan(2);
    expect(slowest).toBeLessThan(BUSY_MACHINE_MARGIN);
  });

  it('unknown names in policy files and references to unknown rules cause one warning each', async () => {
    const strange = rule('role:auditor', 'os_compute_api:os-instance-actions:lst') + rule('@', 'nonsense');
    await writeFile(file(), strange + rule('role:auditor or rule:nothing'));
    await start();
    const expected = [
      `"${NAME}": there is no rule "nothing", so "rule:nothing" denies`,
      'the policy files define rules that this service does not use: os_compute_api:os-instance-actions:lst, nonsense',
    ];
    expect(logged.warn).toEqual(expected);
    await writeFile(file(), `${strange}${rule('role:auditor or rule:nothing')}# another text\n`);
    await until(() => logged.log.length > 0, 'the files are read');
    await sleep(SETTLING_TIME);
    expect(logged.log).toHaveLength(1);
    expect(logged.warn).toEqual(expected);
    await writeFile(file(), rule('role:auditor and and'));
    await untilListersAre('');
    expect(logged.warn.slice(2)).toEqual([
      `"${NAME}": the service cannot parse the rule, so it denies all callers: "role:auditor and and"`,
    ]);
  });

  it('if policy files contain an unsupported check, callers are denied, and the log has only one warning even after the files change', async () => {
    const expected = [
      expect.stringMatching(/^"\S+:list": the rule fails and denies: "role:%\(role\)d" is not supp/),
    ];
    await writeFile(file(), rule('@ or not role:%(role)d'));
    await start();
    expect([await listers(), await listers()]).toEqual(['', '']);
    expect(logged.warn).toEqual(expected);
    await writeFile(file(), `${rule('@ or not role:%(role)d')}# another text\n`);
    await until(() => logged.log.length > 0, 'the files are read');
    expect(await listers()).toBe('');
    expect(logged.warn).toEqual(expected);
  });

  it('if a rule in a policy file fails, callers are denied, and the log has one warning', async () => {
    await writeFile(file(), rule('project_id.x:%(project_id)s or @'));
    await start();
    expect([await listers(), await listers()]).toEqual(['', '']);
    expect(logged.warn).toEqual([expect.stringContaining(`"${NAME}": the rule fails and denies: `)]);
  });

  it.each([
    ['POLICY_FILE', BROKEN, /^POLICY_FILE \S+ is not a valid policy file: [^\n]+$/],
    ['POLICY_DIRS', '', /^POLICY_DIRS \S+ is not a folder$/],
  ])('the service does not start if a policy file is invalid: %s', async (setting, content, message) => {
    await writeFile(file(), content);
    const starting = startService({ DATABASE_URL: store.url, [setting]: file() });
    await expect(starting).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it('if a policy file is invalid at the start, the process exits with code 1 and a one-line message', async () => {
    const workplace = await WorkingFolder.create();
    try {
      await workplace.file('policy.yaml', BROKEN);
      const process = workplace.launch();
      expect(await process.exited()).toBe(1);
      expect(process.stderr).toMatch(/^nova-action-log cannot start: POLICY_FILE policy\.yaml is [^\n]+\n$/);
    } finally {
      await workplace.remove();
    }
  });
});
