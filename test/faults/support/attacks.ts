import type { RequestPart } from '../../support/requests/worst-requests.js';
import { repeatedText } from '../../support/requests/worst-texts.js';
import type { Attacker } from './attacker.js';
import { MALFORMED } from './malformed.js';

/** The data that the attacks use. */
export interface Targets {
  /** The token of a user who may list the actions of `server`. */
  readonly token: string;
  /** A token of an application credential with 600 access rules. */
  readonly tokenWithRules: string;
  /** The UUID of a server whose actions the user of `token` may list. */
  readonly server: string;
  /** Parts of requests, each with the texts that take longest to parse. */
  readonly worst: readonly RequestPart[];
  signal(name: NodeJS.Signals): void;
}

/** A path. nova-api never responds to requests for it. */
export const NEVER_ANSWERED = '/never-answered';
/** A path. nova-api sends requests for it back to the service. */
export const LOOP = '/loop';

/** The prefix of tokens whose validation takes Keystone 10 seconds. */
export const SLOW_TOKEN = 'slow-token';

/**
 * Access rules that almost match a path. A naive matcher would try very many combinations before it rejects the path.
 */
export const COSTLY_RULES = Array.from({ length: 600 }, (_, index) => ({
  service: 'compute',
  method: 'GET',
  path: `${repeatedText('**', '/v2.1/')(110)}${index}`,
}));

/** The time for which an attacker keeps a connection open, in milliseconds. */
const HELD = 3_000;

type Attack = (attacker: Attacker, targets: Targets) => Promise<unknown>;

/** The attacks by name. In each, callers or nova-api behave badly, or an operator has made a mistake. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  '1,500 idle connections': (attacker) =>
    attacker.repeat(100, () => (attacker.open < 1_500 ? attacker.connect() : attacker.pause(100))),
  'Pipelined requests for documentation pages, closed without reading': (attacker) =>
    attacker.repeat(4, () => attacker.sendUnread(get('/docs/swagger-ui-bundle.js').repeat(64), 200)),
  'Pipelined requests for `/openapi.json`, responses not read': (attacker) =>
    attacker.repeat(12, () => attacker.sendUnread(get('/openapi.json').repeat(400), HELD)),
  'Pipelined requests for lists, responses not read': (attacker, { server, token }) =>
    attacker.repeat(24, () => {
      const list = get(`/v2.1/servers/${server}/os-instance-actions`, token);
      return attacker.sendUnread(list.repeat(500), HELD);
    }),
  'Access rules that take longest to match': (attacker, { tokenWithRules }) =>
    attacker.repeat(2, () => {
      const path = `/v2.1/servers/x/os-instance-actions/${'['.repeat(7_900)}`;
      return attacker.sendAndRead(get(path, tokenWithRules, 'Connection: close'), HELD);
    }),
  'Tokens that Keystone takes 10 s to validate': (attacker, { server }) => {
    let made = 0;
    return attacker.repeat(64, () => {
      const token = `${SLOW_TOKEN}-${(made += 1)}`;
      const list = get(`/v2.1/servers/${server}/os-instance-actions`, token, 'Connection: close');
      return attacker.sendAndRead(list, 12_000);
    });
  },
  'Pipelined requests to which nova-api never responds': (attacker) =>
    attacker.repeat(2, () => attacker.sendUnread(get(NEVER_ANSWERED).repeat(1_300), HELD)),
  'A nova-api that forwards requests back to the service': (attacker) =>
    attacker.repeat(2, () => attacker.sendAndRead(get(LOOP, undefined, 'Connection: close'), HELD)),
  'Bodies in an unknown transfer coding': (attacker) =>
    attacker.repeat(4, () => {
      const head = ['POST /elsewhere HTTP/1.1', 'Host: x', 'Transfer-Encoding: xchunked', '', ''];
      return attacker.sendAndRead(head.join('\r\n'), HELD);
    }),
  'Malformed requests, headers of 1 MB': (attacker) => {
    let sent = 0;
    return attacker.repeat(4, () => {
      const [, bytes = ''] = MALFORMED[(sent += 1) % MALFORMED.length] ?? [];
      return attacker.sendAndRead(bytes, HELD);
    });
  },
  '200 clients that send a few bytes at a time': (attacker) =>
    attacker.repeat(200, async () => {
      const socket = await attacker.connect();
      socket.resume();
      for (let rest = get('/v2.1/'); rest !== '' && !attacker.isOver; rest = rest.slice(3)) {
        socket.write(rest.slice(0, 3));
        await attacker.pause(300);
      }
      socket.destroy();
    }),
  'Half-closed connections': (attacker, { server, token }) =>
    attacker.repeat(100, async () => {
      const socket = await attacker.connect(true);
      // Half of the connections send a complete request, the others only its start. Half of each kind read the
      // responses.
      const isComplete = attacker.connections % 2 === 0;
      socket.end(isComplete ? get(`/v2.1/servers/${server}/os-instance-actions`, token) : 'GET /v2.1/');
      if (attacker.connections % 4 < 2) socket.resume();
      await attacker.closed(socket, HELD);
      socket.destroy();
    }),
  'Requests with the texts that take longest to parse': (attacker, { worst }) => {
    const requests = worst.flatMap((place) => place.requests);
    let sent = 0;
    return attacker.repeat(4, () => {
      const request = requests[(sent += 37) % requests.length];
      return attacker.sendAndRead(request?.(8_000) ?? '', HELD);
    });
  },
  'Signals (SIGHUP, SIGUSR1)': (attacker, targets) =>
    attacker.repeat(1, async () => {
      targets.signal('SIGHUP');
      targets.signal('SIGUSR1');
      await attacker.pause(300);
    }),
};

function get(path: string, token?: string, ...headers: readonly string[]): string {
  const more = [...(token === undefined ? [] : [`X-Auth-Token: ${token}`]), ...headers];
  return `${[`GET ${path} HTTP/1.1`, 'Host: x', ...more].join('\r\n')}\r\n\r\n`;
}
