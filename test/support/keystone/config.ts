import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The options for starting a Keystone. */
export interface KeystoneOptions {
  /**
   * The URL of an empty database, `mysql+pymysql://…` or `mysql://…`. Without it, Keystone uses an SQLite file in its
   * folder.
   */
  readonly databaseUrl?: string;
  /** The lifetime of tokens; by default 3600 seconds. */
  readonly tokenExpirationSeconds?: number;
}

/** The paths of a Keystone's files. */
export interface KeystoneFiles {
  readonly config: string;
  /** The SQLite database; null if Keystone uses the database in the options. */
  readonly sqlite: string | null;
  readonly log: string;
}

/** Writes the configuration files of a Keystone into its folder. */
export async function configureKeystone(folder: string, options: KeystoneOptions): Promise<KeystoneFiles> {
  const { databaseUrl, tokenExpirationSeconds = 3600 } = options;
  const sqlite = join(folder, 'keystone.sqlite');
  const settings = {
    database: { connection: databaseUrl?.replace(/^mysql:/, 'mysql+pymysql:') ?? `sqlite:///${sqlite}` },
    token: { provider: 'fernet', expiration: tokenExpirationSeconds },
    fernet_tokens: { key_repository: join(folder, 'fernet-keys') },
    fernet_receipts: { key_repository: join(folder, 'receipt-keys') },
    credential: { key_repository: join(folder, 'credential-keys') },
    // 4 is the smallest number of rounds of password hashing. It makes requests for tokens fast, and the passwords of
    // tests need no protection.
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
