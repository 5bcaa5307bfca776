import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import type { ServiceProcess } from '../support/process/process.js';
import { until } from '../support/time/until.js';
import { WITHOUT_IPV6 } from '../support/process/without-ipv6.js';

const EVERYWHERE = {
  HOST: '::',
  OPERATIONS_HOST: '::',
  OPERATIONS_PORT: '0',
  TOKENS_FILE: DEMO_TOKENS,
  TOKENS_FILE_BEYOND_LOOPBACK: 'true',
};

const loopbacks = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
/** The address of each family that this machine has. */
const FAMILIES = ['127.0.0.1', ...loopbacks.filter((address) => address === '::1')];

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

/** The statuses of a request to both ports of the service, by one of its addresses. */
async function askAt(service: ServiceProcess, host: string): Promise<number[]> {
  const [{ port }, { port: operationsPort }] = [
    new URL(await service.url()),
    new URL(await service.operationsUrl()),
  ];
  const paths = [`${port}/`, `${operationsPort}/health/live`];
  return Promise.all(paths.map(async (path) => (await fetch(`http://${host}:${path}`)).status));
}

describe('HOST=::', () => {
  it('HOST=:: listens on each address family of the machine, and logs addresses of IPv4 as such', async () => {
    const service = workplace.launch(EVERYWHERE);
    for (const address of FAMILIES) {
      expect(await askAt(service, address.includes(':') ? `[${address}]` : address)).toEqual([200, 200]);
    }
    const addresses = (): unknown[] =>
      service.log.filter(({ path }) => path === '/').map(({ address }) => address);
    await until(() => addresses().length === FAMILIES.length, 'the requests are logged');
    expect(addresses()).toEqual(FAMILIES);
  });

  it.each(['1', '2'])(
    'HOST=:: listens on IPv4 where there is no IPv6, and says so, with WORKERS=%s',
    async (WORKERS) => {
      const service = workplace.launch({ ...EVERYWHERE, WORKERS }, { commandPrefix: WITHOUT_IPV6 });
      expect(await askAt(service, '127.0.0.1')).toEqual([200, 200]);
      const warnings = service.log.filter(({ level }) => level === 'warn' || level === 'error').slice(0, 2);
      expect(warnings.map(({ msg }) => msg)).toEqual([
        'this machine has no IPv6: the service listens on 0.0.0.0 instead of OPERATIONS_HOST ::',
        'this machine has no IPv6: the service listens on 0.0.0.0 instead of HOST ::',
      ]);
    },
  );

  it('HOST=:: is refused where its port is taken, like any other address', async () => {
    const first = workplace.launch(EVERYWHERE);
    const { port } = new URL(await first.url());
    const second = await WorkingFolder.create();
    try {
      const service = second.launch({ ...EVERYWHERE, PORT: port });
      expect(await service.exited()).toBe(1);
      expect(service.stderr).toContain(`cannot start: PORT ${port} on HOST :: is not available`);
    } finally {
      await second.remove();
    }
  });
});

describe('HOST=::1', () => {
  it('HOST=::1 is refused where there is no IPv6', async () => {
    const service = workplace.launch({ HOST: '::1' }, { commandPrefix: WITHOUT_IPV6 });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(/cannot start: PORT 0 on HOST ::1 is not available: [^\n]+\n$/);
  });
});
