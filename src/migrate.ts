import './processes/signals.js';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';

// In a container the process has PID 1, and Linux ignores signals for a process with PID 1 unless that process has a
// handler. The migration may be interrupted at any point, because the next run finishes it.
for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  process.once(name, () => process.exit(128 + constants.signals[name]));
}

await import('reflect-metadata');
const { loadSettings } = await import('./config/load-settings.js');
const { ownStoreUrl } = await import('./config/own-store-url.js');
const { failureText, SettingsError } = await import('./config/settings-error.js');

/**
 * Runs the command `npm run migrate`: migrates the service's own database (the store), with the settings of the
 * service. With `--example`, inserts the example rows if the store is empty.
 *
 * @returns the message for the operator
 */
async function migrate(): Promise<string> {
  const withExample = readArguments();
  const settings = loadSettings();
  if (settings.NOVA_API_DATABASE_URL !== undefined && settings.DATABASE_URL === undefined) {
    return "nothing to migrate: the service only reads Nova's databases, because DATABASE_URL is not set";
  }
  const url = ownStoreUrl(settings);
  const { fillWithExample, migrateOwnStore } = await import('./database/own-store/own-migrations.js');
  const { tablesOf } = await import('./database/tables/module-with-tables.js');
  const { MODULES } = await import('./modules.js');
  const tables = tablesOf(MODULES);
  const done = await migrateOwnStore(url, tables);
  const state = done.length > 0 ? `the store was migrated: ${done.join(', ')}` : 'the store is up to date';
  if (!withExample) return state;
  if (settings.NOVA_API_DATABASE_URL !== undefined) {
    return `${state}; the example was not inserted, because the service reads Nova's databases`;
  }
  return (await fillWithExample(url, tables))
    ? `${state}; the example was inserted`
    : `${state}; the example was not inserted, because the store has rows`;
}

/** Reads the command line. @returns true if it has `--example` */
function readArguments(): boolean {
  try {
    return parseArgs({ options: { example: { type: 'boolean' } } }).values.example ?? false;
  } catch (error) {
    throw new SettingsError(`${(error as Error).message}; the only option is --example`);
  }
}

try {
  process.stdout.write(`nova-action-log: ${await migrate()}\n`);
} catch (error) {
  process.stderr.write(`nova-action-log cannot migrate: ${failureText(error)}\n`);
  process.exit(1);
}
