import { Injectable } from '@nestjs/common';
import { Gauge, Histogram } from 'prom-client';
import { DatabaseStates } from '../../database/connection/database-states.js';
import {
  type FinishedOperation,
  type Database,
  finishedOperations,
} from '../../database/connection/database.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

/** Metrics of the databases: their state, their connections, and the duration of queries. */
@Injectable()
export class DatabaseMetrics {
  private readonly duration: Histogram;

  constructor(registry: MetricsRegistry, states: DatabaseStates) {
    const registers = [registry];
    this.duration = new Histogram({
      name: `${PREFIX}database_query_duration_seconds`,
      help: 'Duration of a query, including the wait for a connection. One query may serve many requests.',
      labelNames: ['database', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
    /**
     * Sets the value of a gauge for all databases. First removes the previous values, because Nova may have removed
     * some cells.
     */
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
      help: '1 if at least one host of the database is reachable, else 0.',
      labelNames: ['database'],
      aggregator: 'min',
      registers,
      collect() {
        setAll(this, (database) => ({ '': Number(database.isUp()) }));
      },
    });
    new Gauge({
      name: `${PREFIX}database_connections`,
      help: 'Open connections to a database, by state: in_use or idle.',
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
      help: 'Queries that wait for a free connection to a database.',
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

  /** Starts to measure queries and connections. @returns a function that stops the measurement */
  listen(): () => void {
    const record = ({ database, isAnswered, seconds }: FinishedOperation): void => {
      this.duration.observe({ database, outcome: isAnswered ? 'answered' : 'failed' }, seconds);
    };
    finishedOperations.subscribe(record);
    return () => finishedOperations.unsubscribe(record);
  }
}
