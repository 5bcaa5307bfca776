import { IsBoolean, IsIn, IsOptional, IsString, MinLength } from 'class-validator';
import { IsHttpAddress, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for the authentication of callers, and for the service's own user at Keystone. */
export class IdentitySettings {
  @Setting({
    meaning:
      'The path of [the tokens file](identity.md#the-tokens-file), which replaces Keystone. It is a JSON object that gives each token a user, a project and roles. If neither this setting nor OS_AUTH_URL is set, the service accepts the demo tokens, but only if it listens on loopback and uses an SQLite file.',
    example: '/etc/nova-action-log/tokens.json',
  })
  @IsOptional()
  @IsString()
  TOKENS_FILE?: string;

  @Setting({
    meaning:
      'If true, the service accepts tokens from a file even if it listens on an address that other machines can reach. Anyone who can read the file can act as any user in it.',
    example: 'true',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  TOKENS_FILE_BEYOND_LOOPBACK = false;

  @Setting({
    meaning:
      'The address of Keystone, with or without a version such as `/v3`. With this setting, the service authenticates callers with Keystone ([identity.md](identity.md)).',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  OS_AUTH_URL?: string;

  @OptionalText({
    meaning: "The name of the service's own user at Keystone.",
    example: 'nova-action-log',
  })
  OS_USERNAME?: string;

  @OptionalText({
    meaning: "The id of the service's own user. It replaces OS_USERNAME and the user's domain.",
    example: '4f5e8c1d2a7b49c0',
  })
  OS_USER_ID?: string;

  @OptionalText({ meaning: "The password of the service's own user.", example: 'secret' })
  OS_PASSWORD?: string;

  @OptionalText({ meaning: "The name of the domain of the service's own user.", example: 'Default' })
  OS_USER_DOMAIN_NAME?: string;

  @OptionalText({
    meaning:
      "The id of the domain of the service's own user. If neither this setting nor the name of the domain is set, the id is `default`.",
    example: 'default',
  })
  OS_USER_DOMAIN_ID?: string;

  @OptionalText({ meaning: "The name of the project of the service's own user.", example: 'service' })
  OS_PROJECT_NAME?: string;

  @OptionalText({
    meaning:
      "The id of the project of the service's own user. It replaces OS_PROJECT_NAME and the project's domain.",
    example: '9d0b6a54c3f2',
  })
  OS_PROJECT_ID?: string;

  @OptionalText({
    meaning: "The name of the domain of the project of the service's own user.",
    example: 'Default',
  })
  OS_PROJECT_DOMAIN_NAME?: string;

  @OptionalText({
    meaning:
      "The id of the domain of the project of the service's own user. If neither this setting nor the name of the domain is set, the id is `default`.",
    example: 'default',
  })
  OS_PROJECT_DOMAIN_ID?: string;

  @OptionalText({
    meaning: 'The id of an application credential, which the service can use instead of a password.',
    example: '21dced0fd20347869b93',
  })
  OS_APPLICATION_CREDENTIAL_ID?: string;

  @OptionalText({
    meaning:
      'The name of an application credential, as an alternative to its id. If you set the name, also set OS_USERNAME or OS_USER_ID.',
    example: 'action-log',
  })
  OS_APPLICATION_CREDENTIAL_NAME?: string;

  @OptionalText({ meaning: 'The secret of the application credential.', example: 'secret' })
  OS_APPLICATION_CREDENTIAL_SECRET?: string;

  @OptionalText({
    meaning:
      'The region of the Keystone endpoint that the service uses from the catalogue. If it is not set, the service uses an endpoint of any region.',
    example: 'RegionOne',
  })
  OS_REGION_NAME?: string;

  @Setting({
    meaning:
      'The kind of Keystone endpoint that the service uses from the catalogue: `public`, `internal` or `admin`.',
    example: 'internal',
  })
  @IsIn(['public', 'internal', 'admin'], { message: 'must be one of public, internal, admin' })
  OS_INTERFACE = 'internal';

  @OptionalText({
    meaning:
      "The path of a file with CA certificates for Keystone, in PEM. The service trusts them in addition to Node's own, and instead of those in `NODE_EXTRA_CA_CERTS`.",
    example: '/etc/ssl/cloud.pem',
  })
  OS_CACERT?: string;

  @Setting({
    meaning:
      'The address of Keystone that callers without a valid token receive in `WWW-Authenticate`. The default is OS_AUTH_URL without its version.',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  WWW_AUTHENTICATE_URI?: string;

  @WholeNumber({
    meaning:
      'Milliseconds that a caller waits for Keystone; then the response is 503. If Keystone responds later, but within 15 seconds, the service uses the result for the next request with the same token.',
    example: '2000',
    min: 100,
    max: 60_000,
  })
  KEYSTONE_TIMEOUT = 2_000;

  @WholeNumber({
    meaning:
      'Seconds for which the service caches a valid token, at most 300. If a cached token is revoked, the service accepts it until this time is over ([with one exception](identity.md#how-long-a-revoked-token-stays-valid)).',
    example: '300',
    min: 0,
    max: 300,
  })
  TOKEN_CACHE_TIME = 300;

  @Setting({
    meaning:
      'Roles, comma-separated. A service that forwards requests with `X-Service-Token` needs one of these roles.',
    example: 'service',
    type: 'list',
  })
  @IsString({ each: true })
  SERVICE_TOKEN_ROLES: string[] = ['service'];

  @Setting({
    meaning:
      "The type of this service in Keystone's catalogue. The service compares it with the access rules of application credentials.",
    example: 'compute',
  })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  SERVICE_TYPE = 'compute';
}
