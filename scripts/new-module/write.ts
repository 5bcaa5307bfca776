import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/** A file below the project, and its text. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** As `npm run format` would leave it. */
export async function formatted(project: string, { path, text }: NewFile): Promise<NewFile> {
  const filepath = join(project, path);
  return { path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
}

/** Writes new files and changes one that is there; where that fails, nothing is written and nothing changed. */
export async function writeAll(project: string, files: readonly NewFile[], changed: NewFile): Promise<void> {
  const before = await readFile(join(project, changed.path), 'utf8');
  const made: string[] = [];
  try {
    for (const file of files) await writeNew(join(project, file.path), file.text, made);
    await writeFile(join(project, changed.path), changed.text);
  } catch (error) {
    for (const path of made) await rm(path, { recursive: true, force: true });
    await writeFile(join(project, changed.path), before).catch(() => undefined);
    throw error;
  }
}

/** Notes what it has made, folders too, also where it then fails. */
async function writeNew(path: string, text: string, made: string[]): Promise<void> {
  const folder = await mkdir(dirname(path), { recursive: true });
  if (folder !== undefined) made.push(folder);
  // Not in the place of a file that came in the meantime.
  const file = await open(path, 'wx');
  made.push(path);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
