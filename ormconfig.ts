/**
 * The DataSource for TypeORM's own command line (`npm run typeorm -- migration:show`): the one the service
 * itself opens, by the same settings.
 */
import 'reflect-metadata';
import './src/app.module.js';
import { loadSettings } from './src/config/load-settings.js';
import { ownStore } from './src/database/connection/data-source.js';

export default ownStore(loadSettings().DATABASE_URL);
