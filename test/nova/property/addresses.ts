import fc from 'fast-check';
import { loadFixture, personas } from '../../conformance/cases.js';
import { mostly, noise, ODD_TEXTS, oneOf, percent, utf8, encodings } from './texts.js';

const { instances, instance_actions } = loadFixture();

const SERVERS = [...new Set(instances.map(({ uuid }) => String(uuid)))];
const PROJECTS = [...new Set(Object.values(personas).map(({ project_id }) => project_id ?? 'None'))];
const ACTIONS = instance_actions.map(({ instance_uuid, request_id }) => ({
  server: String(instance_uuid),
  request: String(request_id),
}));

const oddSegment = fc.oneof(noise, oneOf(...ODD_TEXTS).chain(encodings));
const separator = mostly(
  fc.constant('/'),
  60,
  oneOf('//', '///', '%2f', '/./', '/../', '/%2e%2e/', '\\', '/;/'),
);

function segment(text: string): fc.Arbitrary<string> {
  return mostly(fc.constant(text), 50, encodings(text), oddSegment);
}

/**
 * A server and a request id. The request id belongs to an action of this server or of another server, or it is
 * invented.
 */
const pair = mostly(
  fc.constantFrom(...ACTIONS),
  10,
  fc.record({ server: oneOf(...SERVERS), request: oneOf(...ACTIONS.map(({ request }) => request)) }),
  fc.record({ server: fc.uuid(), request: fc.uuid().map((id) => `req-${id}`) }),
);

const root = mostly(
  oneOf('v2.1', 'v2.1', 'v2.1', 'v2'),
  20,
  oneOf('v2.0', 'v3', 'V2.1', 'v2.1.', 'v2%2e1', '%762.1', 'v21', '', 'compute/v2.1'),
);

const project = mostly(
  fc.constant(undefined),
  6,
  oneOf(...PROJECTS),
  oneOf('deadbeef', 'not-hex', '453265%20', 'DEADBEEF', '0').chain(segment),
);

const apiPath = fc
  .tuple(root, project, pair, fc.integer({ min: 0, max: 9 }))
  .chain(([mount, projectId, { server, request: requestId }, shape]) => {
    const list = ['servers', server, 'os-instance-actions'];
    const resource = [list, [...list, requestId], [...list, requestId], [...list, '']][shape % 4] ?? list;
    const whole = shape === 9 ? resource.slice(0, 2) : shape === 8 ? [...resource, 'more'] : resource;
    const texts = [...(projectId === undefined ? [] : [projectId]), ...whole];
    return fc.tuple(fc.constant(mount), ...texts.flatMap((text) => [separator, segment(text)]));
  })
  .map((parts) => `/${parts.join('')}`);

const otherPath = fc.oneof(
  oneOf(
    '/',
    '/v2',
    '/v2/',
    '/v2.1',
    '/v2.1/',
    '//',
    '/versions',
    '/v2.1/versions/v2.1',
    '/v2.1/versions/v2.0',
  ),
  oneOf(
    '/docs',
    '/docs/',
    '/docs/swagger-ui-init.js',
    '/docs/../package.json',
    '/docs/%2e%2e%2fpackage.json',
  ),
  oneOf('/openapi.json', '/docs-json', '/docs-yaml', '/favicon.ico', '/healthz', '/robots.txt'),
  oneOf('/metrics', '/healthcheck', '/health/live', '/health/ready', '/health', '/health/'),
  oneOf(
    '/v2.1/servers',
    '/v2.1/servers/',
    '/v2.1/servers/detail',
    '/v2.1/os-instance-actions',
    '/v2.1/flavors',
  ),
  noise.map((text) => `/${text}`),
  fc.array(oddSegment, { maxLength: 6 }).map((segments) => `/v2.1/${segments.join('/')}`),
);

const time = fc.oneof(
  oneOf(
    '2026-01-13T08:00:12Z',
    '2013-07-12 21:45:44',
    '20260113T080012.5+0130',
    '2026',
    '2026-01',
    '0001-01-01',
  ),
  oneOf(
    '9999-12-31T23:59:59-23:59',
    '0001-01-01T00:00+23:59',
    '2026-02-30',
    '2026-13-01',
    '0000-01-01',
    'today',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

const parameter = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('limit'),
      oneOf('0', '1', '2', '5', '1000', '1001', '-1', '01', '1.5', '٣', ''),
    ),
  },
  { weight: 3, arbitrary: fc.tuple(oneOf('changes-since', 'changes-before'), time) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constant('marker'),
      fc
        .tuple(pair, oneOf('', '', '~1', '~999999999', '~-1', ' '))
        .map(([{ request }, end]) => request + end),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      oneOf('limit', 'marker', 'changes-since', 'sort_key', ...ODD_TEXTS),
      oneOf(...ODD_TEXTS),
    ),
  },
);

const query = mostly(
  fc.constant(''),
  3,
  fc
    .array(
      mostly(
        parameter.chain(([name, value]) =>
          fc.tuple(fc.constant(percent(utf8(name))), encodings(value)).map((both) => both.join('=')),
        ),
        6,
        noise,
      ),
      { maxLength: 4 },
    )
    .chain((parameters) => oneOf('&', '&', '&', '&&', ';').map((join) => `?${parameters.join(join)}`)),
);

/** A request target: usually the URL of an existing resource, often with an irregularity. */
export const target = mostly(
  fc
    .tuple(
      mostly(
        fc.constant(''),
        15,
        oneOf('http://nova.example.org', 'HTTPS://[::1]:8774', 'http://user@127.0.0.1:1'),
      ),
      mostly(apiPath, 3, otherPath),
      query,
    )
    .map((parts) => parts.join('')),
  40,
  oneOf('http://nova.example.org', 'http://nova.example.org?limit=1'),
);
