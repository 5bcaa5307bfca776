import { applyDecorators, type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import type { EntityManager, MigrationInterface } from 'typeorm';

/** A function that inserts example rows, so that a new user sees the API with data. */
export type Example = (manager: EntityManager) => Promise<void>;

/** A migration with its own name, because the bundle may rename its class. */
export type NamedMigration = MigrationInterface & { readonly name: string };

/** The metadata of a Nest module and of its tables. */
export interface ModuleWithTablesMetadata extends ModuleMetadata {
  /** The entities of the module's tables. The service uses them on its own database and on Nova's databases. */
  readonly entities?: readonly Type[];
  /**
   * The migrations that create the module's tables in the service's own database. Nova's databases have these tables
   * already.
   */
  readonly tables?: readonly Type<NamedMigration>[];
  readonly example?: Example;
}

/** The entities, migrations and examples of several modules. */
export abstract class Tables {
  abstract readonly entities: readonly Type[];
  abstract readonly migrations: readonly Type<NamedMigration>[];
  abstract readonly examples: readonly Example[];
}

const TABLES = Symbol('tables of a module');

/** Declares a Nest module that has database tables. */
export function ModuleWithTables({
  entities = [],
  tables: migrations = [],
  example,
  ...metadata
}: ModuleWithTablesMetadata): ClassDecorator {
  const tables: Tables = { entities, migrations, examples: example === undefined ? [] : [example] };
  const declareTables: ClassDecorator = (module) => {
    Reflect.defineMetadata(TABLES, tables, module);
  };
  return applyDecorators(Module(metadata), declareTables);
}

/** Returns the tables that these modules declare. Skips modules without tables. */
export function tablesOf(modules: readonly (Type | DynamicModule)[]): Tables {
  const all = modules.flatMap((module) => {
    const tables = Reflect.getMetadata(TABLES, 'module' in module ? module.module : module) as unknown;
    return tables === undefined ? [] : [tables as Tables];
  });
  return {
    entities: all.flatMap(({ entities }) => entities),
    migrations: all.flatMap(({ migrations }) => migrations),
    examples: all.flatMap(({ examples }) => examples),
  };
}
