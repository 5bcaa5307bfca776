import { describe, expect, it } from '@jest/globals';
import { personas } from '../conformance/cases.js';
import { changes } from '../support/service/things-module.js';
import {
  ACTION,
  badRequest,
  forbidden,
  MALFORMED,
  notFound,
  OF_BOB,
  RESOURCE_NOT_FOUND,
  SERVER,
  thingsService,
} from '../support/service/things-service.js';

const things = thingsService();

describe('an action on a server', () => {
  it('an action on a server gets the caller, the server and the body', async () => {
    const { status, body, headers } = await things.send('POST', ACTION, { poke: {} });
    expect([status, body, headers.get('Content-Type')]).toEqual([202, '', 'application/json']);
    expect(changes).toEqual([`${personas['alice']?.user_id ?? ''} poked ${SERVER}: {"poke":{}}`]);
  });

  it('an action on a server with a result returns its view', async () => {
    expect(await things.send('POST', ACTION, { describe: 1 })).toMatchObject({
      status: 200,
      body: { thing: { id: SERVER, version: '2.10' } },
    });
  });

  it.each([
    ['', MALFORMED],
    ['{', MALFORMED],
    ['{}', MALFORMED],
    ['[]', MALFORMED],
    ['"poke"', MALFORMED],
    ['{"poke": null, "describe": null}', MALFORMED],
    ['null', RESOURCE_NOT_FOUND],
    ['5', RESOURCE_NOT_FOUND],
    ['true', RESOURCE_NOT_FOUND],
    ['["poke"]', RESOURCE_NOT_FOUND],
    ['"x"', RESOURCE_NOT_FOUND],
    ['{"reboot": null}', badRequest('There is no such action: reboot')],
    ['{"constructor": null}', badRequest('There is no such action: constructor')],
    ['{"": null}', badRequest('There is no such action: ')],
    [
      '{"poke": 1}',
      badRequest("Invalid input for field/attribute poke. Value: 1. 1 is not of type 'object', 'null'"),
    ],
  ])('an action on a server is not found for the body %s', async (body, expected) => {
    for (const path of [ACTION, 'servers/nope/action', `servers/${OF_BOB}/action`])
      expect(await things.send('POST', path, body)).toMatchObject(expected);
  });

  it('an action on a server that a later microversion added returns 404, before the check of its body', async () => {
    expect(await things.send('POST', ACTION, { describe: 1 }, { version: '2.9' })).toMatchObject(
      RESOURCE_NOT_FOUND,
    );
  });

  it('an action on a server checks the Content-Type and the microversion before the action', async () => {
    expect(await things.send('POST', ACTION, '{', { type: 'text/html' })).toMatchObject({ status: 415 });
    expect(await things.send('POST', ACTION, '{', { version: '9.9' })).toMatchObject({ status: 406 });
    expect(await things.send('POST', ACTION, { reboot: 1 }, { project: 'abc' })).toMatchObject(
      badRequest('There is no such action: reboot'),
    );
    expect((await things.send('POST', ACTION, { poke: 1 }, { project: 'abc' })).body).toMatchObject({
      badRequest: { message: expect.stringContaining('Malformed request URL') as unknown },
    });
  });

  it('an action on a server returns 404 for a server that the caller must not see', async () => {
    for (const id of ['nope', OF_BOB])
      expect(await things.send('POST', `servers/${id}/action`, { poke: null })).toMatchObject(
        notFound(`Instance ${id} could not be found.`),
      );
  });

  it('an action on a server compares the caller with the user of the server, if its policies need this', async () => {
    expect(await things.send('POST', ACTION, { poke: null }, { persona: 'mona' })).toMatchObject(
      forbidden('rename'),
    );
    expect(await things.send('POST', ACTION, { describe: 'secret' })).toMatchObject(forbidden('override'));
    expect((await things.send('POST', ACTION, { describe: 'secret' }, { persona: 'adam' })).status).toBe(200);
    expect(changes).toEqual([]);
  });
});
