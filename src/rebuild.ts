import './processes/signals.js';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import type { Settings } from './config/settings.js';

// In a container the process has PID 1, and Linux ignores signals for a process with PID 1 unless that process has a
// handler. The rebuild may be interrupted at any point, because the next run finishes it.
for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  process.once(name, () => process.exit(128 + constants.signals[name]));
}

await import('reflect-metadata');
const { parseDatabaseUrl } = await import('./config/addresses/database-url.js');
const { loadSettings } = await import('./config/load-settings.js');
const { ownStoreUrl } = await import('./config/own-store-url.js');
const { failureText, SettingsError } = await import('./config/settings-error.js');

/**
 * Runs the command `npm run rebuild`: corrects the copy of Nova's action log, and the rows of the search, from the record. With `--check`, only
 * compares them. With `--restored`, gives the record a new id, so that readers start again from the first position.
 *
 * @returns the message for the operator, and true if the record is complete and the copy now agrees with it
 */
async function rebuild(): Promise<{ readonly text: string; readonly isComplete: boolean }> {
  const { check: checkOnly, restored } = readArguments();
  const settings = loadSettings();
  const url = existingStoreUrl(settings);
  const { inspectOwnStore } = await import('./database/own-store/own-migrations.js');
  const { OwnStore } = await import('./database/own-store/own-store.js');
  const { rebuildCopy } = await import('./ledger/rebuild/rebuild.js');
  const { tablesOf } = await import('./database/tables/module-with-tables.js');
  const { MODULES } = await import('./modules.js');
  const tables = tablesOf(MODULES);
  await inspectOwnStore(url, tables);
  const store = await OwnStore.open({ ...settings, DATABASE_URL: url, MIGRATE_ON_START: false }, tables);
  try {
    const { entries, differentRows, missing, examples } = await rebuildCopy(store.database, { checkOnly });
    if (restored) {
      const id = randomUUID().replaceAll('-', '');
      await store.database.write((manager) => manager.query('UPDATE record_head SET record_id = ?', [id]));
    }
    const holes = missing.map(([first, last]) => `the record has no entries from ${first} to ${last}`);
    const done = checkOnly
      ? 'rows of the copy or the search differ from the record'
      : 'rows of the copy or the search were corrected';
    return {
      text: [...examples, ...holes, `${entries} entries were read, and ${differentRows} ${done}`].join('\n'),
      isComplete: missing.length === 0 && (!checkOnly || differentRows === 0),
    };
  } finally {
    await store.close();
  }
}

/**
 * Returns the address of the store.
 *
 * @throws SettingsError if the settings do not name the store, or if its SQLite file does not exist: SQLite would create it
 */
function existingStoreUrl(settings: Settings): string {
  if (settings.NOVA_API_DATABASE_URL !== undefined && settings.DATABASE_URL === undefined)
    throw new SettingsError('DATABASE_URL must be set to the store of the recorder');
  const url = ownStoreUrl(settings);
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite' && !existsSync(address.path))
    throw new SettingsError(`DATABASE_URL: the file ${address.path} does not exist`);
  return url;
}

function readArguments(): { readonly check: boolean; readonly restored: boolean } {
  try {
    const options = { check: { type: 'boolean' }, restored: { type: 'boolean' } } as const;
    const { check = false, restored = false } = parseArgs({ options }).values;
    if (check && restored) throw new Error('--check changes nothing, so it excludes --restored');
    return { check, restored };
  } catch (error) {
    throw new SettingsError(`${(error as Error).message}; the only options are --check and --restored`);
  }
}

try {
  const { text, isComplete } = await rebuild();
  process.stdout.write(`${text.replaceAll(/^/gm, 'nova-action-log: ')}\n`);
  process.exitCode = isComplete ? 0 : 1;
} catch (error) {
  process.stderr.write(`nova-action-log cannot rebuild the copy: ${failureText(error)}\n`);
  process.exit(1);
}
