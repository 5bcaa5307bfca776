import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What may differ from one Keystone to another. */
export interface KeystoneOptions {
  /** `mysql+pymysql://…` or `mysql://…` of an empty database; an SQLite file of its own if absent. */
  readonly databaseUrl?: string;
  /** An hour if absent. */
  readonly tokenExpirationSeconds?: number;
}

/** Where a Keystone has its things. */
export interface KeystoneFiles {
  readonly config: string;
  /** The database; null if it is elsewhere. */
  readonly sqlite: string | null;
  readonly log: string;
}

/** Writes the configuration of a Keystone whose folder is to be this one. */
export async function configureKeystone(folder: string, options: KeystoneOptions): Promise<KeystoneFiles> {
  const { databaseUrl, tokenExpirationSeconds = 3600 } = options;
  const sqlite = join(folder, 'keystone.sqlite');
  const settings = {
    database: { connection: databaseUrl?.replace(/^mysql:/, 'mysql+pymysql:') ?? `sqlite:///${sqlite}` },
    token: { provider: 'fernet', expiration: tokenExpirationSeconds },
    fernet_tokens: { key_repository: join(folder, 'fernet-keys') },
    fernet_receipts: { key_repository: join(folder, 'receipt-keys') },
    credential: { key_repository: join(folder, 'credential-keys') },
    // The least there is: nobody steals these passwords, and logins become quick.
    identity: { password_hash_rounds: 4 },
  };
  const sections = Object.entries(settings).map(([section, values]) => {
    const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}\n`);
    return `[${section}]\n${lines.join('')}`;
  });
  const config = join(folder, 'keystone.conf');
  await writeFile(config, sections.join('\n'), { mode: 0o600 });
  return { config, sqlite: databaseUrl === undefined ? sqlite : null, log: join(folder, 'keystone.log') };
}
