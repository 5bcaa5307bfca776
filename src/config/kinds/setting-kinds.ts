import { IsInt, IsOptional, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import { isIP } from 'node:net';
import { databaseUrlProblem } from '../addresses/database-url.js';
import { Setting, type SettingInfo } from './setting.decorator.js';

/** Declares an optional setting that is a text. */
export function OptionalText(info: SettingInfo): PropertyDecorator {
  return (target, name) => {
    Setting(info)(target, name);
    IsOptional()(target, name);
    IsString()(target, name);
  };
}

/** Declares a setting that is a whole number from `min` to `max`, both included. */
export function WholeNumber({
  min,
  max,
  ...info
}: Omit<SettingInfo, 'type'> & { min: number; max: number }): PropertyDecorator {
  return (target, name) => {
    Setting({ ...info, type: 'integer' })(target, name);
    IsInt({ message: 'must be a whole number' })(target, name);
    Min(min, { message: `must be ${min} or more` })(target, name);
    Max(max, { message: `must be ${max} or less` })(target, name);
  };
}

/** Validates a database address with a parser. The parser's error becomes the message. */
export function IsDatabaseUrl(parse: (url: string) => unknown): PropertyDecorator {
  return ValidateBy({
    name: 'databaseUrl',
    validator: {
      validate: (value: unknown) => databaseUrlProblem(value, parse) === undefined,
      defaultMessage: (args) => databaseUrlProblem(args?.value, parse) ?? '',
    },
  });
}

/** Validates a base URL: with an optional path, without user and query, and in ASCII because headers contain it. */
export function IsHttpAddress(): PropertyDecorator {
  const form = /^https?:\/\/[\w.\-:[\]]+(\/[\x21-\x7e]*)?$/;
  return ValidateBy({
    name: 'httpAddress',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && form.test(value) && !/[?#]/.test(value) && URL.canParse(value),
      defaultMessage: () =>
        'must be an http:// or https:// address in ASCII, without user, query and fragment',
    },
  });
}

/** Validates a Redis address. The Redis client decodes user and password, so these must be valid percent-encoding. */
export function IsRedisAddress(): PropertyDecorator {
  return ValidateBy({
    name: 'redisAddress',
    validator: {
      validate: isRedisAddress,
      defaultMessage: () => 'must be a redis:// or rediss:// address, with user and password percent-encoded',
    },
  });
}

function isRedisAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !/^rediss?:\/\/[^\s/]+/.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Validates an address or a name to listen on. */
export function IsHost(): PropertyDecorator {
  return Matches(/^[\w.:%-]+$/, { message: 'must be an IP address (IPv6 without brackets) or a host name' });
}

/** Validates a list of IP addresses and networks. */
export function AreNetworks(): PropertyDecorator {
  return ValidateBy({
    name: 'networks',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isNetwork),
      defaultMessage: () => 'must be IP addresses or networks such as 10.0.0.0/8',
    },
  });
}

function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
