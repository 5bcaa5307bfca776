import type { Names } from './names.js';
import { controllerText } from './templates/controller.js';
import { e2eSpecText } from './templates/e2e-spec.js';
import { entityText } from './templates/entity.js';
import { migrationFile, migrationText } from './templates/migration.js';
import { moduleText } from './templates/module.js';
import { policiesText } from './templates/policies.js';
import { queryText } from './templates/query.js';
import { schemaText } from './templates/schema.js';
import { serviceText } from './templates/service.js';
import { storeText } from './templates/store.js';
import { viewSpecText } from './templates/view-spec.js';
import { viewText } from './templates/view.js';
import type { NewFile } from './write.js';

/**
 * All files of a new module, not yet formatted.
 *
 * @param time of its migration, in milliseconds since 1970
 */
export function filesOf(names: Names, time: number): NewFile[] {
  const { folder, files, file } = names;
  const inFolder: Readonly<Record<string, string>> = {
    [`${files}.module.ts`]: moduleText(names, time),
    [`${files}.controller.ts`]: controllerText(names),
    [`${files}.service.ts`]: serviceText(names),
    [`${files}.store.ts`]: storeText(names),
    [`${file}.entity.ts`]: entityText(names),
    [`${migrationFile(names, time)}.ts`]: migrationText(names, time),
    [`${files}.policies.ts`]: policiesText(names),
    [`${files}.query.ts`]: queryText(names),
    [`${files}.view.ts`]: viewText(names),
    [`${files}.view.spec.ts`]: viewSpecText(names),
    [`${files}.schema.ts`]: schemaText(names),
  };
  return [
    ...Object.entries(inFolder).map(([name, text]) => ({ path: `src/${folder}/${name}`, text })),
    { path: `test/e2e/${folder}.spec.ts`, text: e2eSpecText(names) },
  ];
}
