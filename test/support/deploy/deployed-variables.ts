import { DockerfileParser } from 'dockerfile-ast';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../src/config/load-settings.js';
import { describedSettings } from '../../../src/config/kinds/setting.decorator.js';
import { readProjectFile } from './manifests.js';

/** Variables of an environment, by name. */
export type Variables = Readonly<Record<string, string>>;

/** Node and its libraries read these. */
const OF_OTHERS = new Set(['NODE_ENV']);

/** The variables that the image sets: all that runs in it has them. */
export function imageVariables(): Variables {
  const set = DockerfileParser.parse(readProjectFile('Dockerfile'))
    .getENVs()
    .flatMap((env) => env.getProperties());
  return Object.fromEntries(set.map((property) => [property.getName(), property.getValue() ?? '']));
}

/**
 * Loads the settings from variables, as the service does where they are deployed.
 *
 * @returns the names that are no settings
 * @throws SettingsError for a value that the service refuses
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
  return Object.keys(variables).filter((name) => !known.has(name) && !OF_OTHERS.has(name));
}

/** A value where it is deployed: compose's variables have their defaults, and the file of a secret exists. */
async function valueIn(folder: string, name: string, value: string): Promise<string> {
  const example = describedSettings().get(name.replace(/_FILE$/, ''))?.example;
  if (describedSettings().has(name) || example === undefined)
    return value.replaceAll(/\$\{\w+:-(.*?)\}/g, '$1');
  await writeFile(join(folder, name), `${example}\n`);
  return join(folder, name);
}
