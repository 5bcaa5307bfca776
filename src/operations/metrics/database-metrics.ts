import { Injectable } from '@nestjs/common';
import { Gauge, Histogram } from 'prom-client';
import { DatabaseStates } from '../../database/connection/database-states.js';
import {
  type FinishedOperation,
  type Database,
  finishedOperations,
} from '../../database/connection/database.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

/** Tells of the databases: whether they are up, their connections, and how long queries take. */
@Injectable()
export class DatabaseMetrics {
  private readonly duration: Histogram;

  constructor(registry: MetricsRegistry, states: DatabaseStates) {
    const registers = [registry];
    this.duration = new Histogram({
      name: `${PREFIX}database_query_duration_seconds`,
      help: 'Duration of a query, with the wait for a connection. One query may serve many requests.',
      labelNames: ['database', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
    /** Anew each time: cells come and go. */
    const setAll = (gauge: Gauge, of: (database: Database) => Record<string, number> | undefined): void => {
      gauge.reset();
      for (const database of states.databases()) {
        for (const [state, value] of Object.entries(of(database) ?? {})) {
          gauge.set({ database: database.id, ...(state !== '' && { state }) }, value);
        }
      }
    };
    new Gauge({
      name: `${PREFIX}database_up`,
      help: '1 if a host of the database is reachable, else 0.',
      labelNames: ['database'],
      aggregator: 'min',
      registers,
      collect() {
        setAll(this, (database) => ({ '': Number(database.isUp()) }));
      },
    });
    new Gauge({
      name: `${PREFIX}database_connections`,
      help: 'Connections to a database: in_use or idle.',
      labelNames: ['database', 'state'],
      registers,
      collect() {
        setAll(this, (database) => {
          const counts = database.connections();
          return counts && { in_use: counts.inUse, idle: counts.idle };
        });
      },
    });
    new Gauge({
      name: `${PREFIX}database_waiting`,
      help: 'Queries that wait for a connection to a database.',
      labelNames: ['database'],
      registers,
      collect() {
        setAll(this, (database) => {
          const counts = database.connections();
          return counts && { '': counts.waiting };
        });
      },
    });
  }

  /** @returns ends it */
  listen(): () => void {
    const observe = ({ database, isAnswered, seconds }: FinishedOperation): void => {
      this.duration.observe({ database, outcome: isAnswered ? 'answered' : 'failed' }, seconds);
    };
    finishedOperations.subscribe(observe);
    return () => finishedOperations.unsubscribe(observe);
  }
}
