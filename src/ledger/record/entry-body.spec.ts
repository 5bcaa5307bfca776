import { expect, it } from '@jest/globals';
import { bodyText, fingerprintOf } from './entry-body.js';
import type { ActionBody, ServerBody } from './entry.js';
import { Place } from './entry.js';

const action = { id: 1, message: null, action: 'say ,"place":1' } as ActionBody['action'];
const body: ActionBody = { place: Place.main, events: [], action };
const server = { id: 1, host: 'a', task_state: null, updated_at: null } as ServerBody['server'];

it('the text of a body has sorted keys and keeps null', () => {
  expect(bodyText(body)).toBe(
    '{"action":{"action":"say ,\\"place\\":1","id":1,"message":null},"events":[],"place":1}',
  );
});

it('a body with a number that is not a safe integer has no text', () => {
  expect(() => bodyText({ ...body, action: { ...action, id: 0.5 } })).toThrow('contains the number 0.5');
  expect(() => bodyText({ ...body, action: { ...action, id: 2 ** 53 } })).toThrow(TypeError);
});

it('the fingerprint of an action depends on its columns and events, but not on its place', () => {
  const known = fingerprintOf(body);
  expect(known).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprintOf({ ...body, place: Place.shadow })).toBe(known);
  expect(fingerprintOf({ ...body, action: { ...action, action: 'say ,"place":2' } })).not.toBe(known);
});

it('the fingerprint of a server does not depend on its task state and the time of its last change', () => {
  const known = fingerprintOf({ server, place: Place.main });
  const changed = { ...server, task_state: 'rebooting', updated_at: '2026-03-01 10:00:00' };
  expect(fingerprintOf({ server: changed, place: Place.shadow })).toBe(known);
  expect(fingerprintOf({ server: { ...server, host: 'b' }, place: Place.main })).not.toBe(known);
});
