import 'reflect-metadata';
import { loadSettings } from './config/load-settings.js';
import { failureText } from './config/settings-error.js';

// The first process of a container is not ended by a signal that it does not take; each step bears being done again.
process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));

/** Brings the own store up to date and ends: `npm run migrate`, with the settings of the service. */
async function migrate(): Promise<string> {
  const { NOVA_API_DATABASE_URL: isBesideNova, DATABASE_URL } = loadSettings();
  if (isBesideNova !== undefined) return "nothing to migrate: Nova's databases are only ever read";
  await import('./app.module.js'); // brings the tables of all modules
  const { migrateOwnStore } = await import('./database/own-migrations.js');
  const done = await migrateOwnStore(DATABASE_URL);
  return done.length > 0 ? `the store was migrated: ${done.join(', ')}` : 'the store is up to date';
}

try {
  process.stdout.write(`nova-action-log: ${await migrate()}\n`);
} catch (error) {
  process.stderr.write(`nova-action-log cannot migrate: ${failureText(error)}\n`);
  process.exit(1);
}
