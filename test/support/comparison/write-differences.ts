import type { Json } from '../../conformance/cases.js';
import { toRecordedAnswer } from './comparable-answers.js';
import { DELIBERATE_DIFFERENCES } from './deliberate-differences.js';
import {
  type Exchange,
  faultMessage,
  type KnownDifference,
  RELEASE_DIFFERENCES,
  type Replacement,
  withMessage,
} from './release-differences.js';

/** The known differences that also apply to requests that write. The checks of the others repeat a request. */
const SHARED = new Set([
  'newest microversion',
  'empty values',
  'answers without a request id',
  'UUIDs of servers of other projects',
]);

/** The list of names in a message about several unknown properties. */
const UNEXPECTED = /(?<=Additional properties are not allowed \().*(?= were unexpected\))/;

interface Group {
  readonly members: readonly string[];
}

/** The known differences between Nova 26.2 and the service in requests that write, and in requests for the results. */
export const WRITE_DIFFERENCES: readonly KnownDifference[] = [
  ...[...RELEASE_DIFFERENCES, ...DELIBERATE_DIFFERENCES].filter(({ name }) => SHARED.has(name)),
  {
    name: 'order of unknown properties',
    reason: 'a later jsonschema library sorts the names in its message',
    replacement: ({ expected }: Exchange): Replacement => {
      const [names] = UNEXPECTED.exec(faultMessage(expected) ?? '') ?? [];
      if (names === undefined) return undefined;
      const sorted = names.split(', ').sort((one, other) => (one.slice(1) < other.slice(1) ? -1 : 1));
      return withMessage(expected, names, sorted.join(', '));
    },
  },
  {
    name: 'bodies that are too large',
    reason: 'a later oslo.middleware library sends the placeholder (%s) instead of the limit',
    replacement: ({ expected }: Exchange): Replacement => {
      const { status, body } = expected;
      if (status !== 413 || typeof body !== 'string') return undefined;
      return { ...expected, body: body.replace(/(?<=max_request_body_size \()\d+/, '%s') };
    },
  },
  {
    name: 'bodies that are not UTF-8',
    reason: 'Nova fails when it writes the body to its log; the service rejects the body as malformed',
    replacement: ({ request, expected, received }: Exchange): Replacement => {
      if (expected.status !== 500 || !(request.body instanceof Uint8Array)) return undefined;
      const answer = toRecordedAnswer(received);
      return faultMessage(answer) === 'Malformed request body' ? answer : undefined;
    },
  },
];

/** The known differences in requests for groups with members. */
export const MEMBER_DIFFERENCES: readonly KnownDifference[] = [
  ...WRITE_DIFFERENCES,
  {
    name: 'order of members',
    reason: 'Nova does not define the order of members, and the order of groups only if they have no members',
    replacement: ({ expected, received }: Exchange): Replacement => {
      const { body } = toRecordedAnswer(received);
      const [theirs, ours] = [groupsIn(expected.body), groupsIn(body)];
      const isEqual = sorted(theirs) === sorted(ours) && JSON.stringify(theirs) !== JSON.stringify(ours);
      return isEqual ? { ...expected, body } : undefined;
    },
  },
];

function groupsIn(body: Json): readonly Group[] {
  const { server_group: one, server_groups: list } = Object(body) as {
    readonly server_group?: Group;
    readonly server_groups?: readonly Group[];
  };
  return list ?? (one === undefined ? [] : [one]);
}

/** Returns the groups as JSON, in the order of their ids and with their members in order. */
function sorted(groups: readonly Group[]): string {
  const texts = groups.map((group) => JSON.stringify({ ...group, members: [...group.members].sort() }));
  return texts.sort().join();
}
