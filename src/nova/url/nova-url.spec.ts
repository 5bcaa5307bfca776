import { describe, expect, it } from '@jest/globals';
import { isApi, parseNovaUrl, quotePath } from './nova-url.js';

describe('a request target', () => {
  it.each([
    ['/v2.1/servers/x/os-instance-actions', 'v2.1', undefined, '/v2.1/servers/x/os-instance-actions'],
    ['/v2/servers/x', 'v2', undefined, '/v2.1/servers/x'],
    ['/v2.1/4f5e/servers/x', 'v2.1', '4f5e', '/v2.1/servers/x'],
    ['/v2/a-b/servers/x', 'v2', 'a-b', '/v2.1/servers/x'],
    ['/v2.1/a_b/servers/x', 'v2.1', undefined, '/v2.1/a_b/servers/x'],
    ['/v2.1/4f5e', 'v2.1', undefined, '/v2.1/4f5e'],
    ['/v2.1/4f5e/', 'v2.1', '4f5e', '/v2.1'],
    ['/v2.1', 'v2.1', undefined, '/v2.1'],
    ['/v2.1/', 'v2.1', undefined, '/v2.1'],
    ['/v2.1//', 'v2.1', undefined, '/v2.1'],
    ['//v2.1//servers///x', 'v2.1', undefined, '/v2.1/servers/x'],
    ['/v2.1/servers/x/', 'v2.1', undefined, '/v2.1/servers/x/'],
    ['/v2.1/servers/a%2fb', 'v2.1', undefined, '/v2.1/servers/a/b'],
    ['/v2.1/servers/%C3%A9', 'v2.1', undefined, '/v2.1/servers/%C3%83%C2%A9'],
    ['/v2.1/servers/%zz%', 'v2.1', undefined, '/v2.1/servers/%25zz%25'],
    ['/v2.1/servers/a%3Fb', 'v2.1', undefined, '/v2.1/servers/a%3Fb'],
    ['/v2.1/servers/x%0A', 'v2.1', undefined, '/v2.1/servers/x'],
    ['/v2.1/servers/x%0A%0A', 'v2.1', undefined, '/v2.1/servers/x%0A'],
    ['/V2.1/servers', undefined, undefined, '/V2.1/servers'],
    ['/v2.10/servers', undefined, undefined, '/v2.10/servers'],
    ['/', undefined, undefined, '/'],
    ['http://other/v2.1/servers', 'v2.1', undefined, '/v2.1/servers'],
    ['http://other', undefined, undefined, '/'],
    ['*', undefined, undefined, '/*'],
  ])(
    'a request target is split into the same root, project id and route as by Nova: %s',
    (target, root, projectId, route) => {
      expect(parseNovaUrl(target)).toMatchObject({ root, projectId, route });
    },
  );

  it('a request target keeps its query unchanged', () => {
    expect(parseNovaUrl('/v2.1/x?a=%zz&b=?c')).toMatchObject({ route: '/v2.1/x', query: 'a=%zz&b=?c' });
  });

  it('a request target needs a token only below /v2.1/ and /v2/', () => {
    const inApi = (target: string): boolean => isApi(parseNovaUrl(target));
    expect(['/v2.1/x', '/v2/x', '/v2.1/4f5e/'].map(inApi)).toEqual([true, true, true]);
    expect(['/', '/v2.1', '/v2.1/', '/v2/', '/x', '/v3/x'].map(inApi)).toEqual(Array(6).fill(false));
  });

  it('a path in a link is percent-encoded', () => {
    expect(quotePath('/a b/Ã©/%/;x=1')).toBe('/a%20b/%C3%A9/%25/;x=1');
  });
});
