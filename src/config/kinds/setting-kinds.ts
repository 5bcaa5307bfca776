import { IsInt, IsOptional, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import { isIP } from 'node:net';
import { databaseUrlProblem } from '../addresses/database-url.js';
import { Setting, type SettingInfo } from './setting.decorator.js';

/** Declares a setting that is a text and may be absent. */
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

/**
 * Validates a database address with a parser. The message about an invalid address is the message of the parser's
 * error.
 */
export function IsDatabaseUrl(parse: (url: string) => unknown): PropertyDecorator {
  return ValidateBy({
    name: 'databaseUrl',
    validator: {
      validate: (value: unknown) => databaseUrlProblem(value, parse) === undefined,
      defaultMessage: (args) => databaseUrlProblem(args?.value, parse) ?? '',
    },
  });
}

/**
 * Validates a base URL. The URL may have a path, but no user and no query. It must be ASCII, because HTTP headers
 * contain the URL.
 */
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

/**
 * Validates a Redis address. The user and the password must be valid percent-encoding, because the Redis client decodes
 * them.
 */
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

/** Validates the IP address or the host name on which the service listens. */
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
