import { DockerfileParser } from 'dockerfile-ast';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../src/config/load-settings.js';
import { describedSettings } from '../../../src/config/kinds/setting.decorator.js';
import { readProjectFile } from './manifests.js';

/** Environment variables: name → value. */
export type Variables = Readonly<Record<string, string>>;

/** Variables that Node or a library reads. The service itself does not read them. */
const NODE_VARIABLES = new Set(['NODE_ENV']);

/** Returns the environment variables that the image sets. */
export function imageVariables(): Variables {
  const set = DockerfileParser.parse(readProjectFile('Dockerfile'))
    .getENVs()
    .flatMap((env) => env.getProperties());
  return Object.fromEntries(set.map((property) => [property.getName(), property.getValue() ?? '']));
}

/**
 * Loads the settings from the environment variables of a deployment, as the service does.
 *
 * @returns the names of variables that are not settings
 * @throws SettingsError if the service rejects a value
 */
export async function unknownSettings(variables: Variables): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'variables-'));
  try {
    const given = Object.entries(variables).map(async ([name, value]) => [
      name,
      await valueIn(folder, name, value),
    ]);
    loadSettings(Object.fromEntries(await Promise.all(given)) as Variables, join(folder, 'none'));
  } finally {
    await rm(folder, { recursive: true });
  }
  const known = new Set([...describedSettings().keys()].flatMap((name) => [name, `${name}_FILE`]));
  return Object.keys(variables).filter((name) => !known.has(name) && !NODE_VARIABLES.has(name));
}

/**
 * Returns the value that the service would read in this deployment. Replaces compose's variables by their defaults. If
 * the variable contains the path of a secret, creates a file with an example, and returns the path of this file.
 */
async function valueIn(folder: string, name: string, value: string): Promise<string> {
  const example = describedSettings().get(name.replace(/_FILE$/, ''))?.example;
  if (describedSettings().has(name) || example === undefined)
    return value.replaceAll(/\$\{\w+:-(.*?)\}/g, '$1');
  await writeFile(join(folder, name), `${example}\n`);
  return join(folder, name);
}
