import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { until } from '../support/time/until.js';

const IGNORED = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGPWR'] as const;

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

/** Returns true if a process has a handler for a signal, according to /proc. */
function listensFor(pid: number, signal: NodeJS.Signals): boolean {
  const [, mask = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** Sends a signal to a process, and waits for the log line that says that the process ignores the signal. */
async function ignores(service: ServiceProcess, pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  await until(
    () => service.stderr.includes(`nova-action-log ignores ${signal} in process ${pid}`),
    `process ${pid} logs that it ignores ${signal}`,
  );
}

describe('signals such as SIGHUP and SIGUSR1', () => {
  it.each(['1', '2'])(
    'signals such as SIGHUP and SIGUSR1 neither terminate a process nor open a debugger, with WORKERS=%s',
    async (WORKERS) => {
      const service = workplace.launch({ WORKERS });
      await service.url();
      await until(() => {
        const { children } = service;
        return (
          children.length === (WORKERS === '1' ? 0 : 2) && children.every((pid) => listensFor(pid, 'SIGPWR'))
        );
      }, 'all processes run');
      const processes = [service.pid, ...service.children];
      for (const signal of IGNORED) {
        for (const pid of processes) await ignores(service, pid, signal);
      }
      for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) {
        for (const pid of processes) process.kill(pid, signal);
      }
      expect((await service.get('demo-tenant')).status).toBe(200);
      expect([service.pid, ...service.children]).toEqual(processes);
      expect(service.stderr).not.toContain('Debugger');
      expect(service.stderr.match(/SIGHUP[^\n]+/)?.[0]).toContain('reads its settings when it starts');
    },
  );

  it.each(['main.js', 'migrate.js'])(
    'signals such as SIGHUP and SIGUSR1 do not terminate %s while it starts',
    async (program) => {
      const service = workplace.launch({ WORKERS: '2' }, { program });
      await until(() => listensFor(service.pid, 'SIGPWR'), 'the process has handlers for the signals');
      expect(service.output).toBe('');
      for (const signal of IGNORED) service.signal(signal);
      if (program === 'main.js') expect((await service.get('demo-tenant')).status).toBe(200);
      else expect(await service.exited()).toBe(0);
      for (const signal of IGNORED) expect(service.stderr).toContain(`ignores ${signal} `);
    },
  );

  it('a signal such as SIGHUP does not terminate a process whose standard error is closed', async () => {
    const service = workplace.launch();
    await service.url();
    service.closeStderr();
    for (let time = 0; time < 3; time += 1) {
      service.signal('SIGHUP');
      expect((await service.get('demo-tenant')).status).toBe(200);
    }
  });
});

describe('SIGQUIT', () => {
  it.each(['1', '2'])('SIGQUIT shuts the service down gracefully, with WORKERS=%s', async (WORKERS) => {
    const service = workplace.launch({ WORKERS });
    await service.url();
    service.signal('SIGQUIT');
    expect(await service.exited()).toBe(0);
    expect(service.stderr).toBe('');
  });

  it('SIGQUIT terminates npm run migrate while the migration starts', async () => {
    const migration = workplace.launch({}, { program: 'migrate.js' });
    await until(() => listensFor(migration.pid, 'SIGQUIT'), 'the process has handlers for the signals');
    migration.signal('SIGQUIT');
    expect(await migration.exited()).toBe(128 + constants.signals.SIGQUIT);
  });
});
