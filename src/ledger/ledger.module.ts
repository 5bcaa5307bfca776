import { Module } from '@nestjs/common';
import { OwnStoreModule } from '../database/own-store.module.js';
import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { CreateRecord1797000000001 } from './1797000000001-create-record.js';
import { DAILY_RETENTION } from './retention/daily-retention.js';

/** The record: one ordered log of the changes that the recorder copies, and of the actions of the own store. */
@ModuleWithTables({ tables: [CreateRecord1797000000001] })
export class LedgerModule {}

/** Deletes old entries of the own store. A service beside Nova does not write to its store, so it omits this module. */
@Module({ imports: [OwnStoreModule], providers: [DAILY_RETENTION] })
export class RetentionModule {}
