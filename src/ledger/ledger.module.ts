import { Module } from '@nestjs/common';
import { OwnStoreModule } from '../database/own-store.module.js';
import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { CreateRecord1797000000001 } from './1797000000001-create-record.js';
import { CreateSearch1798000000000 } from './1798000000000-create-search.js';
import { CreateWritten1798000000001 } from './1798000000001-create-written.js';
import { DAILY_RETENTION } from './retention/daily-retention.js';
import { INDEXER } from './search/indexer.js';

/** The record: one ordered log of the changes that the recorder copies, and of the actions of the own store. */
@ModuleWithTables({
  tables: [CreateRecord1797000000001, CreateSearch1798000000000, CreateWritten1798000000001],
})
export class LedgerModule {}

/**
 * The background tasks of the own store: the retention and the indexer of the search. A service beside Nova does not
 * write to its store, so it omits this module.
 */
@Module({ imports: [OwnStoreModule], providers: [DAILY_RETENTION, INDEXER] })
export class OwnStoreTasksModule {}
