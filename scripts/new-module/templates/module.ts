import { migrationClass, migrationFile } from './migration.js';
import { documentedPath, type Names } from '../names.js';

/** `<x>.module.ts`: what the module consists of. */
export function moduleText(names: Names, time: number): string {
  const { classes, files, words } = names;
  const migration = migrationClass(names, time);
  return `
import { Module } from '@nestjs/common';
import { OwnTables } from '../database/own-tables.js';
import { ${migration} } from './${migrationFile(names, time)}.js';
import { ${classes}Controller } from './${files}.controller.js';
import { ${classes}Service } from './${files}.service.js';
import { ${classes}Store } from './${files}.store.js';

/** The ${words} of ${names.belowServer ? 'a server' : 'all cells'}: \`${documentedPath(names).slice(1)}\`. */
@OwnTables(${migration})
@Module({
  controllers: [${classes}Controller],
  providers: [${classes}Service, ${classes}Store],
})
export class ${classes}Module {}
`;
}
