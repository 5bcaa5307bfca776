import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineOutput } from '../../src/operations/log/line-output.js';

let folder: string;
let path: string;
let fd: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'));
  path = join(folder, 'log');
  fd = openSync(path, 'a');
});

afterEach(() => {
  jest.restoreAllMocks();
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

describe('LineOutput', () => {
  it('log lines are written together after a short delay, in their order', async () => {
    const output = new LineOutput(fd);
    const lines = Array.from({ length: 500 }, (_, index) => `${index} ${'ü'.repeat(index)}\n`);
    for (const line of lines) output.write(line);
    expect(readFileSync(path, 'utf8')).toBe('');
    for (let waited = 0; waited < 2_000 && readFileSync(path, 'utf8') === ''; waited += 20) await sleep(20);
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
    expect(output.lost).toBe(0);
  });

  it('log lines are written at the end of the process', () => {
    const output = new LineOutput(fd);
    output.write('one\n');
    output.write('two\n');
    output.end();
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('log lines that cannot be written to a full disk cause no error and do not delay the exit; beyond 16 MiB they are dropped', () => {
    const full = openSync('/dev/full', 'w');
    const output = new LineOutput(full);
    const line = `${'x'.repeat(4_000)}\n`;
    const fitting = Math.floor((16 * 1024 * 1024) / line.length);
    for (let count = 0; count < fitting + 10; count += 1) output.write(line);
    expect(output.lost).toBe(10);
    const wait = jest.spyOn(Atomics, 'wait');
    output.end();
    expect(wait).not.toHaveBeenCalled();
    expect(output.lost).toBe(fitting + 10);
    closeSync(full);
  });

  it('log lines that could not be written are not written later to another file with the same descriptor number', () => {
    jest.useFakeTimers();
    const full = openSync('/dev/full', 'w');
    const output = new LineOutput(full);
    output.write('one\n');
    output.end();
    closeSync(full);
    // The new file usually gets the descriptor of the file that was just closed.
    const next = openSync(path, 'a');
    jest.runAllTimers();
    jest.useRealTimers();
    closeSync(next);
    expect(readFileSync(path, 'utf8')).toBe('');
  });
});
