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

/** Longer than a change may take to count, in milliseconds. */
const SOON = 3_000 + BUSY_MACHINE_MARGIN;
/** For how long rules that have gone still count at least, in milliseconds. */
const HELD_FOR = 1_700;
/** Long enough for what ought not to count to be found, in milliseconds. */
const WAIT = 900;

describe('policy files', () => {
  let store: TestStore;
  let folder: string;
  let service: RunningService | undefined;
  const said = { log: [] as string[], warn: [] as string[], error: [] as string[] };

  beforeAll(async () => {
    store = await recordedStore();
    for (const level of ['log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation(function (this: Logger, message: unknown) {
        if ('context' in this && this.context === 'Policy') said[level].push(String(message));
      });
    }
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-'));
    for (const lines of Object.values(said)) lines.length = 0;
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

  /** Who of a reader and an auditor, both of the project, may list. */
  const listers = async (): Promise<string> => {
    const allowed: string[] = [];
    for (const who of ['rita', 'nora']) {
      const answer = await fetch(`${service?.url ?? ''}${LIST}`, {
        headers: { 'X-Auth-Token': personaTokens[who] ?? '' },
      });
      if (answer.status === 200) allowed.push(who);
    }
    return allowed.join(' ');
  };

  const soon = async (expected: string): Promise<void> => {
    const end = Date.now() + SOON;
    while (Date.now() < end && (await listers()) !== expected) await sleep(50);
    expect(await listers()).toBe(expected);
  };

  it('policy files count from the start', async () => {
    await writeFile(file(), rule('role:auditor'));
    await start();
    expect(await listers()).toBe('nora');
    expect(said).toEqual({ log: [], warn: [], error: [] });
  });

  it('policy files count soon after they appear, change, are replaced and disappear', async () => {
    await start();
    expect(await listers()).toBe('rita');
    await writeFile(file(), rule('role:auditor'));
    await soon('nora');
    await writeFile(file(), rule('@'));
    await soon('rita nora');
    await writeFile(inFolder('new', '.'), JSON.stringify({ [NAME]: '!' }));
    await rename(inFolder('new', '.'), file());
    await soon('');
    await rm(file());
    await soon('rita');
    expect(said.log).toHaveLength(4);
    expect([...said.warn, ...said.error]).toEqual([]);
  });

  it('policy files count by their content, where size and time of change stay the same', async () => {
    await writeFile(file(), rule('role:reader '));
    await utimes(file(), 1_700_000_000, 1_700_000_000);
    await start();
    expect(await listers()).toBe('rita');
    await writeFile(file(), rule('role:auditor'));
    await utimes(file(), 1_700_000_000, 1_700_000_000);
    await soon('nora');
  });

  it('policy files of folders win over the file, in alphabetical order, folder by folder; hidden ones do not count', async () => {
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
    await soon('rita nora');
    await writeFile(inFolder('a.yaml', 'more.d'), rule('role:reader'));
    await soon('rita');
    await rm(join(folder, 'more.d'), { recursive: true });
    await soon('rita nora');
    await writeFile(inFolder('real', '.'), rule('!'));
    await symlink(inFolder('real', '.'), inFolder('d.yaml'));
    await soon('');
    await writeFile(inFolder('real', '.'), rule('role:auditor'));
    await soon('nora');
  });

  it('policy files may use the deprecated name', async () => {
    await start();
    await writeFile(file(), rule('role:auditor', OLD_NAME));
    await soon('nora');
    expect(said.warn).toEqual([
      `"${OLD_NAME}" is deprecated since Nova 21.0.0 in favour of ${OLD_NAME}:list, ${OLD_NAME}:show`,
    ]);
    await writeFile(file(), rule('role:auditor', OLD_NAME) + rule('role:reader'));
    await soon('rita');
    expect(said.warn).toHaveLength(1);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ['cannot be parsed', () => writeFile(file(), BROKEN), /^POLICY_FILE \S+ is no policy file: [^\n]+ stay/],
    [
      'is no text',
      () => writeFile(file(), '"\xff"', 'latin1'),
      /^POLICY_FILE \S+ is not UTF-8 text; .* stay/,
    ],
    ['is a folder', () => rm(file()).then(() => mkdir(file())), /^POLICY_FILE \S+ is not a file; .* stay/],
    [
      'in a folder cannot be parsed',
      () => mkdir(join(folder, 'policy.d')).then(() => writeFile(inFolder('a'), BROKEN)),
      /^POLICY_DIRS \S+policy\.d\/a is no policy file: [^\n]+ stay/,
    ],
    [
      'stands where a folder should',
      () => writeFile(join(folder, 'policy.d'), ''),
      /^POLICY_DIRS \S+ is not a folder; .* stay/,
    ],
  ])(
    'policy files leave the rules as they were when one %s, and say so once',
    async (_what, spoil, message) => {
      await writeFile(file(), rule('role:auditor'));
      await start();
      await spoil();
      await until(() => said.error.length > 0, 'it is said');
      await sleep(WAIT);
      expect(await listers()).toBe('nora');
      expect(said.error).toEqual([expect.stringMatching(message)]);
      await rm(join(folder, 'policy.d'), { recursive: true, force: true });
      await rmdir(file()).catch(() => undefined);
      await writeFile(file(), rule('@'));
      await soon('rita nora');
      await writeFile(file(), BROKEN);
      await until(() => said.error.length > 1, 'it is said');
      await sleep(WAIT);
      expect(said.error).toHaveLength(2);
    },
  );

  it.each<[string, () => Promise<void>]>([
    ['empty', () => truncate(file())],
    ['gone', () => rm(file())],
    ['without rules', () => writeFile(file(), '# nothing yet\n')],
    ['cut off after another rule', () => writeFile(file(), rule('@', 'other'))],
  ])(
    'policy files stay in force while a file is %s for a second, as when it is written in place',
    async (_what, spoil) => {
      const whole = rule('@', 'other') + rule('!');
      await writeFile(file(), whole);
      await start();
      let isHeld = false;
      while (!isHeld) {
        await spoil();
        const at = performance.now();
        await sleep(1_000);
        const meanwhile = await listers();
        // A busy machine may make it longer, and then the change rightly counts.
        isHeld = performance.now() - at < HELD_FOR;
        if (isHeld) expect(meanwhile).toBe('');
        await writeFile(file(), whole);
        if (!isHeld) await soon('');
      }
      await sleep(WAIT);
      expect(await listers()).toBe('');
      expect(said.error).toEqual([]);
      await spoil();
      await soon('rita');
    },
  );

  it('policy files leave the rules as they were when their chain is too long, and say so once', async () => {
    await writeFile(file(), rule('role:auditor'));
    await start();
    const names = Array.from({ length: 20_000 }, (_, index) => `r${index}`);
    const chain = names.map((name, index) => rule(`rule:${names[index + 1] ?? NAME}`, name)).join('');
    await writeFile(file(), rule('@') + chain);
    await until(() => said.error.length > 0, 'it is said');
    await sleep(WAIT);
    expect(await listers()).toBe('nora');
    expect(said.error).toEqual([
      'POLICY_FILE or POLICY_DIRS: the rules name each other in a chain of more than 50; the rules stay as they were',
    ]);
    await expect(startService({ DATABASE_URL: store.url, POLICY_FILE: file() })).rejects.toMatchObject({
      name: 'Error',
      message: 'POLICY_FILE or POLICY_DIRS: the rules name each other in a chain of more than 50',
    });
  });

  it('policy files are refused when they are too large, or might have no end', async () => {
    await writeFile(file(), rule('role:auditor'));
    await start();
    await writeFile(file(), `#${'x'.repeat(1_048_576)}`);
    await until(() => said.error.length > 0, 'it is said');
    await rm(file());
    await symlink('/dev/zero', file());
    await until(() => said.error.length > 1, 'it is said');
    expect(said.error).toEqual([
      expect.stringMatching(/^POLICY_FILE \S+ has more than 1048576 bytes; .* stay/),
      expect.stringMatching(/^POLICY_FILE \S+ is not a file; .* stay/),
    ]);
    expect(await listers()).toBe('nora');
    await rm(file());
    await symlink('/dev/null', file());
    await soon('rita');
  });

  it('policy files do not delay requests while the service reads them', async () => {
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

  it('policy files are warned about once: unknown names, and rules that do not do what they seem to', async () => {
    const strange = rule('role:auditor', 'os_compute_api:os-instance-actions:lst') + rule('@', 'nonsense');
    await writeFile(file(), strange + rule('role:auditor or rule:nothing'));
    await start();
    const expected = [
      `"${NAME}": there is no rule "nothing", so "rule:nothing" denies`,
      'the policy files name rules that this service does not have: os_compute_api:os-instance-actions:lst, nonsense',
    ];
    expect(said.warn).toEqual(expected);
    await writeFile(file(), `${strange}${rule('role:auditor or rule:nothing')}# another text\n`);
    await until(() => said.log.length > 0, 'it is read');
    await sleep(WAIT);
    expect(said.log).toHaveLength(1);
    expect(said.warn).toEqual(expected);
    await writeFile(file(), rule('role:auditor and and'));
    await soon('');
    expect(said.warn.slice(2)).toEqual([
      `"${NAME}": the rule cannot be read and denies everybody: "role:auditor and and"`,
    ]);
  });

  it('policy files deny with a rule that has an unsupported check, and the log warns once for all versions of them', async () => {
    const expected = [
      expect.stringMatching(/^"\S+:list": the rule fails and denies: "role:%\(role\)d" is not supp/),
    ];
    await writeFile(file(), rule('@ or not role:%(role)d'));
    await start();
    expect([await listers(), await listers()]).toEqual(['', '']);
    expect(said.warn).toEqual(expected);
    await writeFile(file(), `${rule('@ or not role:%(role)d')}# another text\n`);
    await until(() => said.log.length > 0, 'it is read');
    expect(await listers()).toBe('');
    expect(said.warn).toEqual(expected);
  });

  it('policy files deny with a rule that fails, and say so once', async () => {
    await writeFile(file(), rule('project_id.x:%(project_id)s or @'));
    await start();
    expect([await listers(), await listers()]).toEqual(['', '']);
    expect(said.warn).toEqual([expect.stringContaining(`"${NAME}": the rule fails and denies: `)]);
  });

  it.each([
    ['POLICY_FILE', BROKEN, /^POLICY_FILE \S+ is no policy file: [^\n]+$/],
    ['POLICY_DIRS', '', /^POLICY_DIRS \S+ is not a folder$/],
  ])('bad policy files stop the start: %s', async (setting, content, message) => {
    await writeFile(file(), content);
    const starting = startService({ DATABASE_URL: store.url, [setting]: file() });
    await expect(starting).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it('the process that cannot start says in one line that policy files are bad', async () => {
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
