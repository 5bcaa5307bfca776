import { describe, expect, it } from '@jest/globals';
import type { DatabaseHost } from './database-host.js';
import { Database, DatabaseUnavailable } from './database.js';

/** A host whose state and whose next response a test sets. */
class ScriptedHost {
  queries = 0;

  constructor(
    public up: boolean,
    private readonly respond: (host: ScriptedHost) => Promise<string>,
  ) {}

  isUp(): boolean {
    return this.up;
  }

  run(): Promise<string> {
    this.queries += 1;
    return this.respond(this);
  }
}

function databaseOn(...hosts: ScriptedHost[]): Database {
  return new Database('the database', 'id', hosts as unknown as DatabaseHost[]);
}

function read(database: Database, timeout = 10_000): Promise<string> {
  return database.read(performance.now() + timeout, () => Promise.resolve('unused'));
}

describe('a read from a database with several hosts', () => {
  it('a read returns the rows of a host that has recovered while another host went down', async () => {
    const first = new ScriptedHost(false, () => Promise.resolve('rows'));
    const second = new ScriptedHost(true, (host) => {
      host.up = false;
      first.up = true;
      return Promise.reject(new Error('it does not respond'));
    });
    expect(await read(databaseOn(first, second))).toBe('rows');
  });

  it('a read queries each host once, and then fails', async () => {
    const fail = (host: ScriptedHost): Promise<never> => {
      host.up = false;
      if (host === second) first.up = true;
      return Promise.reject(new Error('it does not respond'));
    };
    const first = new ScriptedHost(true, fail);
    const second = new ScriptedHost(true, fail);
    await expect(read(databaseOn(first, second))).rejects.toThrow(DatabaseUnavailable);
    expect([first.queries, second.queries]).toEqual([1, 1]);
  });
});
