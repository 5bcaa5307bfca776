import type { Answer, Keystone } from './keystone.js';

const INTERFACES = ['public', 'internal', 'admin'];

/**
 * Makes an address the cloud's compute service: clients who look into Keystone's catalogue find it there.
 * The service and its endpoints are made the first time, and changed later on.
 *
 * @param url without version: `http://127.0.0.1:8774`
 */
export async function setComputeEndpoint(keystone: Keystone, url: string): Promise<void> {
  const token = await keystone.token('admin');
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    expectDone(await keystone.request(method, path, { token, ...(body !== undefined && { body }) })) as T;
  const { services } = await ask<{ services: { id: string }[] }>('GET', '/v3/services?type=compute');
  const service =
    services[0]?.id ??
    (
      await ask<{ service: { id: string } }>('POST', '/v3/services', {
        service: { type: 'compute', name: 'nova' },
      })
    ).service.id;
  const { endpoints } = await ask<{ endpoints: { id: string; interface: string }[] }>(
    'GET',
    `/v3/endpoints?service_id=${service}`,
  );
  for (const name of INTERFACES) {
    const known = endpoints.find((endpoint) => endpoint.interface === name);
    const endpoint = {
      service_id: service,
      interface: name,
      region_id: 'RegionOne',
      url: `${url}/v2.1`,
    };
    await (known
      ? ask('PATCH', `/v3/endpoints/${known.id}`, { endpoint })
      : ask('POST', '/v3/endpoints', { endpoint }));
  }
}

function expectDone({ status, body }: Answer): unknown {
  if (status < 200 || status > 299) throw new Error(`Keystone answered ${status}: ${JSON.stringify(body)}`);
  return body;
}
