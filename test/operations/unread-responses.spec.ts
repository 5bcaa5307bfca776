import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { declareLongBody } from '../../src/common/http/long-body.js';
import { ClientConnection } from '../../src/operations/server/client-connections.js';
import { UnreadResponses } from '../../src/operations/server/unread-responses.js';

let responses: UnreadResponses;

beforeEach(() => {
  jest.useFakeTimers();
  responses = new UnreadResponses({ time: 60_000, bytes: 1_000 });
});

afterEach(() => {
  responses.stop();
  jest.useRealTimers();
});

it.each([
  [true, 0],
  [false, 2],
])(
  'if a connection is full and its body is long: %s, the service sends %i probes in 3 seconds',
  (isLong, sent) => {
    const connection = new ClientConnection(new Socket());
    const request = new IncomingMessage(connection.socket);
    if (isLong) declareLongBody(request);
    connection.isFull = true;
    connection.unanswered.push(new ServerResponse(request));
    const probe = jest.spyOn(connection, 'probe').mockReturnValue(undefined);
    responses.add(connection);
    jest.advanceTimersByTime(3_000);
    expect(probe).toHaveBeenCalledTimes(sent);
  },
);
