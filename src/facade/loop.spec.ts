import { describe, expect, it } from '@jest/globals';
import { isLoop } from './loop.js';

describe('the detection of loops', () => {
  it.each([
    [[]],
    [['1.1 nova-action-log']],
    [['1.1 balancer, 1.1 nova-action-log (for nova-action-log)', '1.0 nova-action-log.example.org']],
    [['nova-action-log', ',,nova-action-log,']],
  ])('a request that has gone through at most one facade is not in a loop: Via %j', (values) => {
    expect(isLoop(values.flatMap((value) => ['Via', value]))).toBe(false);
  });

  it.each([
    [['1.1 nova-action-log', '1.1 nova-action-log']],
    [['1.1 nova-action-log, 1.1 balancer, 1.1 nova-action-log']],
    [['HTTP/1.1 Nova-Action-Log (a),\t1.0\tnova-action-log , 1.1 b']],
  ])('a request that has gone through two facades is in a loop: Via %j', (values) => {
    expect(isLoop(values.flatMap((value) => ['via', value]))).toBe(true);
  });
});
