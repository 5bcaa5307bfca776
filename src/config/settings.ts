import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateBy,
} from 'class-validator';
import { isIP } from 'node:net';
import { databaseUrlProblem } from './database-url.js';
import { Setting } from './setting.decorator.js';

/**
 * Everything a deployment can set, from the environment or a `.env` file, each also as `NAME_FILE`.
 * The property names are the variables' names: one word to search for, from the shell to the code.
 */
export class Settings {
  @Setting({ meaning: 'The address to listen on.', example: '127.0.0.1' })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  HOST = '127.0.0.1';

  @Setting({ meaning: 'The TCP port to listen on; 0 takes a free one.', example: '8774', type: 'integer' })
  @IsInt({ message: 'must be a whole number' })
  @Min(0, { message: 'must be 0 or more' })
  @Max(65535, { message: 'must be 65535 or less' })
  PORT = 8774;

  @Setting({
    meaning: "The service's own store: sqlite://path or mysql://user:password@host[:port]/name.",
    example: 'mysql://actions:secret@db.example.org:3306/actions',
    secret: true,
  })
  @ValidateBy({
    name: 'databaseUrl',
    validator: {
      validate: (value: unknown) => databaseUrlProblem(value) === undefined,
      defaultMessage: (args) => databaseUrlProblem(args?.value) ?? '',
    },
  })
  DATABASE_URL = 'sqlite://data/actions.sqlite';

  @Setting({
    meaning: 'Identity without Keystone: a JSON file, token to user, project and roles.',
    example: '/etc/nova-action-log/tokens.json',
    defaultText: 'the shipped demo tokens',
  })
  @IsOptional()
  @IsString()
  TOKENS_FILE?: string;

  @Setting({
    meaning:
      'Serve a tokens file on an address that is not loopback. Whoever reads the file can be anyone in it.',
    example: 'true',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  TOKENS_FILE_BEYOND_LOOPBACK = false;

  @Setting({
    meaning:
      "The operator's policy file, YAML or JSON. It need not exist, and is read again when it changes.",
    example: '/etc/nova-action-log/policy.yaml',
  })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  POLICY_FILE = 'policy.yaml';

  @Setting({
    meaning: 'Folders of further policy files, comma-separated; of two rules of one name the later counts.',
    example: '/etc/nova-action-log/policy.d',
    type: 'list',
  })
  @IsString({ each: true })
  POLICY_DIRS: string[] = ['policy.d'];

  @Setting({
    meaning: "The most items that one page of a list holds (Nova's [api] max_limit).",
    example: '1000',
    type: 'integer',
  })
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  @Max(1_000_000, { message: 'must be 1000000 or less' })
  MAX_LIMIT = 1000;

  @Setting({
    meaning: "The address written into links (Nova's [api] compute_link_prefix).",
    example: 'https://compute.example.org',
    defaultText: "the request's own address",
  })
  @IsOptional()
  @Matches(/^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/, {
    message: 'must be an http or https address without query',
  })
  PUBLIC_URL?: string;

  @Setting({
    meaning: 'Proxies whose X-Forwarded-* headers are believed: addresses or networks, comma-separated.',
    example: '10.0.0.0/8,127.0.0.1',
    type: 'list',
  })
  @ValidateBy({
    name: 'networks',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isNetwork),
      defaultMessage: () => 'must be IP addresses or networks such as 10.0.0.0/8',
    },
  })
  TRUSTED_PROXIES: string[] = [];

  @Setting({ meaning: 'The least severe level that is logged.', example: 'info' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug'], {
    message: 'must be one of fatal, error, warn, info, debug',
  })
  LOG_LEVEL = 'info';
}

function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
