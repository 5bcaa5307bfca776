import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that contains `package.json` and `config/`. This code may run from `src/` or from `dist/`. */
export const PROJECT = folderAbove(import.meta.dirname);

/** The version of the service, such as `0.1.0`. */
export const { version: VERSION } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  version: string;
};

function folderAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('the package.json of nova-action-log is missing');
  return folderAbove(above);
}
