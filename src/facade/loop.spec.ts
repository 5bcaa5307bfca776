import { describe, expect, it } from '@jest/globals';
import { isLoop } from './loop.js';

describe('a request that has passed facades', () => {
  it.each([
    [[]],
    [['1.1 nova-action-log']],
    [['1.1 balancer, 1.1 nova-action-log (for nova-action-log)', '1.0 nova-action-log.example.org']],
    [['nova-action-log', ',,nova-action-log,']],
  ])('goes on where there were none or one: Via %j', (values) => {
    expect(isLoop(values.flatMap((value) => ['Via', value]))).toBe(false);
  });

  it.each([
    [['1.1 nova-action-log', '1.1 nova-action-log']],
    [['1.1 nova-action-log, 1.1 balancer, 1.1 nova-action-log']],
    [['HTTP/1.1 Nova-Action-Log (a),\t1.0\tnova-action-log , 1.1 b']],
  ])('is a loop where there were two: Via %j', (values) => {
    expect(isLoop(values.flatMap((value) => ['via', value]))).toBe(true);
  });
});
