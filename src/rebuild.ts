import './processes/signals.js';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';

// In a container the process has PID 1, and Linux ignores signals for a process with PID 1 unless that process has a
// handler. The rebuild may be interrupted at any point, because the next run finishes it.
for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  process.once(name, () => process.exit(128 + constants.signals[name]));
}

await import('reflect-metadata');
const { loadSettings } = await import('./config/load-settings.js');
const { failureText, SettingsError } = await import('./config/settings-error.js');

/**
 * Runs the command `npm run rebuild`: makes the copy of Nova's action log again from the record. With `--check`, only
 * compares both. With `--restored`, gives the record a new id, so that readers start again from the first position.
 *
 * @returns the message for the operator, and true if the record is complete and the copy now agrees with it
 */
async function rebuild(): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const { check: checkOnly, restored } = readArguments();
  const { OwnStore } = await import('./database/own-store/own-store.js');
  const { rebuildCopy } = await import('./ledger/rebuild.js');
  const { tablesOf } = await import('./database/tables/module-with-tables.js');
  const { MODULES } = await import('./modules.js');
  const store = await OwnStore.open({ ...loadSettings(), MIGRATE_ON_START: false }, tablesOf(MODULES));
  try {
    const { entries, differentRows, missing, examples } = await rebuildCopy(store.database, { checkOnly });
    if (restored) {
      const id = randomUUID().replaceAll('-', '');
      await store.database.write((manager) => manager.query('UPDATE record_head SET record_id = ?', [id]));
    }
    const holes = missing.map(([first, last]) => `the record has no entries from ${first} to ${last}`);
    const done = checkOnly ? 'rows of the copy differ from the record' : 'rows of the copy were corrected';
    return {
      text: [...examples, ...holes, `${entries} entries were read, and ${differentRows} ${done}`].join('\n'),
      isWhole: missing.length === 0 && (!checkOnly || differentRows === 0),
    };
  } finally {
    await store.close();
  }
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
  const { text, isWhole } = await rebuild();
  process.stdout.write(`${text.replaceAll(/^/gm, 'nova-action-log: ')}\n`);
  process.exitCode = isWhole ? 0 : 1;
} catch (error) {
  process.stderr.write(`nova-action-log cannot rebuild the copy: ${failureText(error)}\n`);
  process.exit(1);
}
