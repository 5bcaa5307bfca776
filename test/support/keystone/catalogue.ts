import type { Answer, Keystone } from './keystone.js';

const INTERFACES = ['public', 'internal', 'admin'];

/**
 * Sets the URL of the compute service (Nova) in Keystone's catalogue. The first call creates the service and its
 * endpoints in the catalogue; later calls change the URL.
 *
 * @param url the URL without a version, such as `http://127.0.0.1:8774`
 */
export async function setComputeEndpoint(keystone: Keystone, url: string): Promise<void> {
  const token = await keystone.token('admin');
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    expectDone(await keystone.request(method, path, { token, ...(body !== undefined && { body }) })) as T;
  const { services } = await send<{ services: { id: string }[] }>('GET', '/v3/services?type=compute');
  const service =
    services[0]?.id ??
    (
      await send<{ service: { id: string } }>('POST', '/v3/services', {
        service: { type: 'compute', name: 'nova' },
      })
    ).service.id;
  const { endpoints } = await send<{ endpoints: { id: string; interface: string }[] }>(
    'GET',
    `/v3/endpoints?service_id=${service}`,
  );
  for (const name of INTERFACES) {
    const existing = endpoints.find((endpoint) => endpoint.interface === name);
    const endpoint = {
      service_id: service,
      interface: name,
      region_id: 'RegionOne',
      url: `${url}/v2.1`,
    };
    await (existing
      ? send('PATCH', `/v3/endpoints/${existing.id}`, { endpoint })
      : send('POST', '/v3/endpoints', { endpoint }));
  }
}

function expectDone({ status, body }: Answer): unknown {
  if (status < 200 || status > 299) throw new Error(`Keystone returned ${status}: ${JSON.stringify(body)}`);
  return body;
}
