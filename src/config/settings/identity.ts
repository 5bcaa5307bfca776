import { IsBoolean, IsIn, IsOptional, IsString, MinLength } from 'class-validator';
import { IsHttpAddress, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** Authentication of callers, and the service's own login at Keystone. */
export class IdentitySettings {
  @Setting({
    meaning:
      'Identity without Keystone ([the tokens file](identity.md#the-tokens-file)): a JSON object of tokens with their user, project and roles. Without it and without OS_AUTH_URL, on the embedded store and loopback only: the demo tokens.',
    example: '/etc/nova-action-log/tokens.json',
  })
  @IsOptional()
  @IsString()
  TOKENS_FILE?: string;

  @Setting({
    meaning:
      'Serve a tokens file on an address that other machines reach. Anyone who can read the file can act as any user in it.',
    example: 'true',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  TOKENS_FILE_BEYOND_LOOPBACK = false;

  @Setting({
    meaning:
      'Turns Keystone on ([identity.md](identity.md)): its address, with or without a version such as `/v3`.',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  OS_AUTH_URL?: string;

  @OptionalText({
    meaning: "The service's own user at Keystone, by name and domain.",
    example: 'nova-action-log',
  })
  OS_USERNAME?: string;

  @OptionalText({
    meaning: "The service's own user, by id instead of name and domain.",
    example: '4f5e8c1d2a7b49c0',
  })
  OS_USER_ID?: string;

  @OptionalText({ meaning: "The password of the service's own user.", example: 'secret' })
  OS_PASSWORD?: string;

  @OptionalText({ meaning: "The domain of the service's user, by name.", example: 'Default' })
  OS_USER_DOMAIN_NAME?: string;

  @OptionalText({
    meaning: "The domain of the service's user, by id. Without both: `default`.",
    example: 'default',
  })
  OS_USER_DOMAIN_ID?: string;

  @OptionalText({ meaning: "The project of the service's user, by name.", example: 'service' })
  OS_PROJECT_NAME?: string;

  @OptionalText({
    meaning: "The project of the service's user, by id instead of name and domain.",
    example: '9d0b6a54c3f2',
  })
  OS_PROJECT_ID?: string;

  @OptionalText({ meaning: 'The domain of that project, by name.', example: 'Default' })
  OS_PROJECT_DOMAIN_NAME?: string;

  @OptionalText({
    meaning: 'The domain of that project, by id. Without both: `default`.',
    example: 'default',
  })
  OS_PROJECT_DOMAIN_ID?: string;

  @OptionalText({
    meaning: 'An application credential instead of a password, by id.',
    example: '21dced0fd20347869b93',
  })
  OS_APPLICATION_CREDENTIAL_ID?: string;

  @OptionalText({
    meaning: "An application credential, by name and the user's name or id.",
    example: 'action-log',
  })
  OS_APPLICATION_CREDENTIAL_NAME?: string;

  @OptionalText({ meaning: 'The secret of the application credential.', example: 'secret' })
  OS_APPLICATION_CREDENTIAL_SECRET?: string;

  @OptionalText({
    meaning: 'The region whose Keystone is used, of those in the catalogue. Without it: any.',
    example: 'RegionOne',
  })
  OS_REGION_NAME?: string;

  @Setting({ meaning: "Which of Keystone's endpoints in the catalogue is used.", example: 'internal' })
  @IsIn(['public', 'internal', 'admin'], { message: 'must be one of public, internal, admin' })
  OS_INTERFACE = 'internal';

  @OptionalText({
    meaning:
      'A file with CA certificates for Keystone, in PEM. The service uses them with those that come with Node, and instead of `NODE_EXTRA_CA_CERTS`.',
    example: '/etc/ssl/cloud.pem',
  })
  OS_CACERT?: string;

  @Setting({
    meaning:
      'The address of Keystone for callers without a token, in `WWW-Authenticate`. Without it: OS_AUTH_URL without its version.',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  WWW_AUTHENTICATE_URI?: string;

  @WholeNumber({
    meaning:
      'How long a caller waits for Keystone, in milliseconds. A response that arrives later, within 15 seconds, serves the next request with the same token.',
    example: '2000',
    min: 100,
    max: 60_000,
  })
  KEYSTONE_TIMEOUT = 2_000;

  @WholeNumber({
    meaning:
      'How long the service remembers a valid token before it asks Keystone again, in seconds, at most 300; a revoked token can be used for as long ([with one exception](identity.md#how-long-a-revoked-token-stays-valid)).',
    example: '300',
    min: 0,
    max: 300,
  })
  TOKEN_CACHE_TIME = 300;

  @Setting({
    meaning:
      'Roles, comma-separated. A service needs one of them to pass on requests with `X-Service-Token`.',
    example: 'service',
    type: 'list',
  })
  @IsString({ each: true })
  SERVICE_TOKEN_ROLES: string[] = ['service'];

  @Setting({ meaning: "This service's type in Keystone's catalogue, for access rules.", example: 'compute' })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  SERVICE_TYPE = 'compute';
}
