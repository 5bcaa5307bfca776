import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import type { ServiceProcess } from '../support/process/process.js';
import { until } from '../support/time/until.js';
import { WITHOUT_IPV6 } from '../support/process/without-ipv6.js';

const ALL_ADDRESSES = {
  HOST: '::',
  OPERATIONS_HOST: '::',
  OPERATIONS_PORT: '0',
  TOKENS_FILE: DEMO_TOKENS,
  TOKENS_FILE_BEYOND_LOOPBACK: 'true',
};

const loopbacks = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
/** The loopback addresses of this machine: 127.0.0.1, and ::1 if the machine has IPv6. */
const LOOPBACKS = ['127.0.0.1', ...loopbacks.filter((address) => address === '::1')];

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

/** Sends a request to each of the two ports of the service, at the given address. @returns the statuses */
async function statusesAt(service: ServiceProcess, host: string): Promise<number[]> {
  const [{ port }, { port: operationsPort }] = [
    new URL(await service.url()),
    new URL(await service.operationsUrl()),
  ];
  const paths = [`${port}/`, `${operationsPort}/health/live`];
  return Promise.all(paths.map(async (path) => (await fetch(`http://${host}:${path}`)).status));
}

describe('HOST=::', () => {
  it('with HOST=::, the service listens on IPv6 and IPv4, and logs IPv4 clients with plain IPv4 addresses', async () => {
    const service = workplace.launch(ALL_ADDRESSES);
    for (const address of LOOPBACKS) {
      expect(await statusesAt(service, address.includes(':') ? `[${address}]` : address)).toEqual([200, 200]);
    }
    const addresses = (): unknown[] =>
      service.log.filter(({ path }) => path === '/').map(({ address }) => address);
    await until(() => addresses().length === LOOPBACKS.length, 'the requests are logged');
    expect(addresses()).toEqual(LOOPBACKS);
  });

  it.each(['1', '2'])(
    'with HOST=:: on a machine without IPv6, the service listens on IPv4 and logs a warning, with WORKERS=%s',
    async (WORKERS) => {
      const service = workplace.launch({ ...ALL_ADDRESSES, WORKERS }, { commandPrefix: WITHOUT_IPV6 });
      expect(await statusesAt(service, '127.0.0.1')).toEqual([200, 200]);
      const warnings = service.log.filter(({ level }) => level === 'warn' || level === 'error').slice(0, 2);
      expect(warnings.map(({ msg }) => msg)).toEqual([
        'this machine has no IPv6: the service listens on 0.0.0.0 instead of OPERATIONS_HOST ::',
        'this machine has no IPv6: the service listens on 0.0.0.0 instead of HOST ::',
      ]);
    },
  );

  it('with HOST=::, the start fails with a one-line message if the port is in use', async () => {
    const first = workplace.launch(ALL_ADDRESSES);
    const { port } = new URL(await first.url());
    const second = await WorkingFolder.create();
    try {
      const service = second.launch({ ...ALL_ADDRESSES, PORT: port });
      expect(await service.exited()).toBe(1);
      expect(service.stderr).toContain(`cannot start: PORT ${port} on HOST :: is not available`);
    } finally {
      await second.remove();
    }
  });
});

describe('HOST=::1', () => {
  it('with HOST=::1, the service does not start on a machine without IPv6', async () => {
    const service = workplace.launch({ HOST: '::1' }, { commandPrefix: WITHOUT_IPV6 });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(/cannot start: PORT 0 on HOST ::1 is not available: [^\n]+\n$/);
  });
});
