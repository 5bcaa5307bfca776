import { validateSync } from 'class-validator';
import { existsSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { readSmallText, UnreadableFile } from '../common/read-small-file.js';
import { trimEnd } from '../common/trim-end.js';
import { describedSettings, type SettingInfo } from './kinds/setting.decorator.js';
import { SettingsError } from './settings-error.js';
import { Settings } from './settings.js';

/**
 * The maximum size of the file that `NAME_FILE` names, in bytes. Linux has the same limit for an environment variable.
 */
const MAX_VALUE_SIZE = 131_072;

/**
 * The pattern of a setting's name. An error message repeats a name from `.env` only if the name matches this pattern:
 * any other text may be part of a secret that has several lines.
 */
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the environment and from `.env`. The environment has priority. The variable `NAME` contains
 * the value of a setting. If the value is in a file, such as a secret that a container platform mounts, the variable
 * `NAME_FILE` contains the path of that file instead.
 *
 * @throws SettingsError if a setting is invalid; the message has the name of the setting, the reason and an example
 */
export function loadSettings(environment: Environment = process.env, envFile = '.env'): Settings {
  const fileValues = readEnvFile(envFile);
  const settings = new Settings();
  for (const [name, info] of describedSettings()) {
    const text = readValue(name, environment) ?? readValue(name, fileValues);
    if (text === undefined) continue;
    if (/[\0\r\n]/.test(text)) throw badSetting(name, 'must be one line without NUL characters');
    Object.assign(settings, { [name]: convert(name, text, info) });
  }
  const [problem] = validateSync(settings, { stopAtFirstError: true });
  if (problem !== undefined) {
    const reason = Object.values(problem.constraints ?? {})[0] ?? 'is invalid';
    throw badSetting(problem.property, reason);
  }
  const { PORT, OPERATIONS_PORT } = settings;
  if (OPERATIONS_PORT === PORT && PORT !== 0) throw badSetting('OPERATIONS_PORT', 'must differ from PORT');
  const { HTTP_RECORDING, NOVA_API_DATABASE_URL, DATABASE_URL } = settings;
  if (HTTP_RECORDING === 'on' && NOVA_API_DATABASE_URL !== undefined && DATABASE_URL === undefined)
    throw badSetting('DATABASE_URL', 'must be set if HTTP_RECORDING is on');
  return settings;
}

function readEnvFile(path: string): Environment {
  if (!existsSync(path)) return {};
  const values: Environment = parseEnv(readSettingsFile(path, path));
  const known = describedSettings();
  const unknown = Object.keys(values).find(
    (name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')),
  );
  if (unknown !== undefined) {
    const shown = NAME.test(unknown) ? unknown : 'a name';
    throw new SettingsError(
      `${shown} in ${path} is not a setting; the settings are: ${[...known.keys()].join(', ')}`,
    );
  }
  return values;
}

function readValue(name: string, values: Environment): string | undefined {
  // An empty variable counts as not set, because compose files and shells often set variables to the empty text.
  const text = trimEnd(trimEnd(values[name] ?? '', '\n'), '\r') || undefined;
  const file = describedSettings().has(`${name}_FILE`) ? undefined : values[`${name}_FILE`] || undefined;
  if (file === undefined) return text;
  if (text !== undefined)
    throw new SettingsError(`${name} and ${name}_FILE are both set; set only one of them`);
  return readSettingsFile(`${name}_FILE names a file that`, file, MAX_VALUE_SIZE).trimEnd();
}

/**
 * Reads a file. The error message does not contain the path, because an operator may have set NAME_FILE to a password
 * by mistake.
 */
function readSettingsFile(what: string, path: string, limit?: number): string {
  try {
    return readSmallText(path, limit);
  } catch (error) {
    if (error instanceof UnreadableFile) throw new SettingsError(`${what} ${error.message}`);
    throw error;
  }
}

function convert(name: string, text: string, info: SettingInfo): unknown {
  switch (info.type) {
    case 'integer':
      if (!/^-?\d+$/.test(text.trim())) throw badSetting(name, 'must be a whole number');
      return Number(text);
    case 'boolean':
      return (
        { true: true, yes: true, '1': true, false: false, no: false, '0': false }[
          text.trim().toLowerCase()
        ] ?? text
      );
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return text;
  }
}

function badSetting(name: string, reason: string): SettingsError {
  return new SettingsError(
    `${name} ${reason}; for example ${name}=${describedSettings().get(name)?.example ?? ''}`,
  );
}
