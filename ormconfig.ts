/**
 * The DataSource for TypeORM's command line (`npm run typeorm -- migration:show`). It connects to the service's own
 * database, with the same settings as the service.
 */
import 'reflect-metadata';
import { loadSettings } from './src/config/load-settings.js';
import { ownStoreUrl } from './src/config/own-store-url.js';
import { ownStore } from './src/database/connection/data-source.js';
import { tablesOf } from './src/database/tables/module-with-tables.js';
import { MODULES } from './src/modules.js';

export default ownStore(ownStoreUrl(loadSettings()), tablesOf(MODULES));
