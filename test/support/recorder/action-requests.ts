import type { RecordedAnswer } from '../../conformance/cases.js';
import { authentication } from '../../conformance/requests.js';
import { comparableAnswer, toRecordedAnswer } from '../comparison/comparable-answers.js';
import type { RecordedNova } from './recorded-nova.js';

const HEADER = 'action-log-source';
const VERSIONS = ['2.1', '2.20', '2.21', '2.51', '2.62', '2.93'];
/** The owner, a reader of the project, another project's user, an administrator, a user without a role, no token. */
const PERSONAS = ['alice', 'rita', 'bob', 'admin', 'nora', null];
export const NEWEST = '2.93';

/** A GET request. */
export interface ActionRequest {
  readonly persona: string | null;
  readonly version: string;
  readonly path: string;
}

/** A response, and the value of its header `Action-Log-Source`. */
export interface Response {
  readonly answer: RecordedAnswer;
  readonly source: string | undefined;
}

export async function send(
  cloud: RecordedNova,
  to: 'nova' | 'service',
  { persona, version, path }: ActionRequest,
): Promise<Response> {
  const headers = {
    'OpenStack-API-Version': `compute ${version}`,
    ...authentication(persona, cloud.tokens),
  };
  const received = await cloud.send(to, { method: 'GET', path, headers, body: undefined });
  const answer = toRecordedAnswer(comparableAnswer(received, await cloud.urlOf(to)));
  return { answer, source: received.headers.get(HEADER) };
}

export async function sendAll(
  cloud: RecordedNova,
  to: 'nova' | 'service',
  requests: readonly ActionRequest[],
): Promise<Response[]> {
  const responses: Response[] = [];
  const waiting = requests.entries();
  const work = async (): Promise<void> => {
    for (const [index, request] of waiting) responses[index] = await send(cloud, to, request);
  };
  await Promise.all([work(), work(), work(), work()]);
  return responses;
}

/**
 * Returns requests for the actions of servers: lists, and single actions. About the first server, all callers send each
 * request with all microversions.
 */
export async function requestsAbout(
  cloud: RecordedNova,
  servers: readonly string[],
): Promise<ActionRequest[]> {
  const requests: ActionRequest[] = [];
  for (const [index, uuid] of servers.entries()) {
    const list = `/v2.1/servers/${uuid}/os-instance-actions`;
    const { answer } = await send(cloud, 'nova', { persona: 'admin', version: NEWEST, path: list });
    const { instanceActions } = answer.body as unknown as { instanceActions: { request_id: string }[] };
    const [newest = { request_id: '' }] = instanceActions;
    const paths = [list, `${list}?limit=2`, `${list}/${newest.request_id}`, `${list}/req-unknown`];
    const [personas, versions] = index === 0 ? [PERSONAS, VERSIONS] : [['admin'], [NEWEST]];
    for (const path of paths) {
      for (const version of versions) {
        requests.push(...personas.map((persona) => ({ persona, version, path })));
      }
    }
  }
  return requests;
}
