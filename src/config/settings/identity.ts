import { IsBoolean, IsIn, IsOptional, IsString, MinLength } from 'class-validator';
import { IsHttpAddress, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for the authentication of callers, and for the service's own user at Keystone. */
export class IdentitySettings {
  @Setting({
    meaning:
      'The path of [the tokens file](identity.md#the-tokens-file), which replaces Keystone. This file is a JSON object that assigns a user, a project and roles to each token. If TOKENS_FILE and OS_AUTH_URL are not set, the service accepts the public demo tokens, but only with SQLite and on loopback.',
    example: '/etc/nova-action-log/tokens.json',
  })
  @IsOptional()
  @IsString()
  TOKENS_FILE?: string;

  @Setting({
    meaning:
      'If true, the service accepts the tokens in TOKENS_FILE even if HOST is an address that other machines can reach. Then anyone who can read this file can act as each of its users.',
    example: 'true',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  TOKENS_FILE_BEYOND_LOOPBACK = false;

  @Setting({
    meaning:
      'The address of Keystone, with or without a version such as `/v3`. If it is set, Keystone authenticates callers ([identity.md](identity.md)).',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  OS_AUTH_URL?: string;

  @OptionalText({
    meaning: "The name of the service's own user in Keystone.",
    example: 'nova-action-log',
  })
  OS_USERNAME?: string;

  @OptionalText({
    meaning: "The id of the service's own user. With it, OS_USERNAME and the user's domain are not needed.",
    example: '4f5e8c1d2a7b49c0',
  })
  OS_USER_ID?: string;

  @OptionalText({ meaning: "The password of the service's own user.", example: 'secret' })
  OS_PASSWORD?: string;

  @OptionalText({ meaning: "The name of the domain of the service's own user.", example: 'Default' })
  OS_USER_DOMAIN_NAME?: string;

  @OptionalText({
    meaning:
      "The id of the domain of the service's own user. If the id and the name of the domain are not set, the id is `default`.",
    example: 'default',
  })
  OS_USER_DOMAIN_ID?: string;

  @OptionalText({ meaning: "The name of the project of the service's own user.", example: 'service' })
  OS_PROJECT_NAME?: string;

  @OptionalText({
    meaning:
      "The id of the project of the service's own user. With it, OS_PROJECT_NAME and the project's domain are not needed.",
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
      "The id of the domain of the project of the service's own user. If the id and the name of the domain are not set, the id is `default`.",
    example: 'default',
  })
  OS_PROJECT_DOMAIN_ID?: string;

  @OptionalText({
    meaning:
      'The id of an application credential. The service can use it instead of a user name and a password.',
    example: '21dced0fd20347869b93',
  })
  OS_APPLICATION_CREDENTIAL_ID?: string;

  @OptionalText({
    meaning:
      'The name of an application credential. It replaces OS_APPLICATION_CREDENTIAL_ID, but needs OS_USERNAME or OS_USER_ID.',
    example: 'action-log',
  })
  OS_APPLICATION_CREDENTIAL_NAME?: string;

  @OptionalText({ meaning: 'The secret of the application credential.', example: 'secret' })
  OS_APPLICATION_CREDENTIAL_SECRET?: string;

  @OptionalText({
    meaning:
      "The service looks up Keystone's endpoint in the catalogue. This is the region of that endpoint. If it is not set, the endpoint can be in any region.",
    example: 'RegionOne',
  })
  OS_REGION_NAME?: string;

  @Setting({
    meaning: "The interface of Keystone's endpoint in the catalogue: `public`, `internal` or `admin`.",
    example: 'internal',
  })
  @IsIn(['public', 'internal', 'admin'], { message: 'must be one of public, internal, admin' })
  OS_INTERFACE = 'internal';

  @OptionalText({
    meaning:
      'The path of a PEM file with the CA certificates for TLS to Keystone. For Keystone, the service trusts these CAs and those of Node, but not those in `NODE_EXTRA_CA_CERTS`.',
    example: '/etc/ssl/cloud.pem',
  })
  OS_CACERT?: string;

  @Setting({
    meaning:
      'The address of Keystone that the service sends in the header `WWW-Authenticate` to callers without a valid token. If it is not set, the service sends OS_AUTH_URL without its version.',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  WWW_AUTHENTICATE_URI?: string;

  @WholeNumber({
    meaning:
      'The time, in milliseconds, for which a caller waits for Keystone. After this time, the caller gets 503. If Keystone responds later, but within 15 seconds, the service uses that response for the next request with the same token.',
    example: '2000',
    min: 100,
    max: 60_000,
  })
  KEYSTONE_TIMEOUT = 2_000;

  @WholeNumber({
    meaning:
      "The time, in seconds, for which the service caches Keystone's response for a valid token, at most 300. For this time the service still accepts a token that was revoked ([with one exception](identity.md#how-long-a-revoked-token-stays-valid)).",
    example: '300',
    min: 0,
    max: 300,
  })
  TOKEN_CACHE_TIME = 300;

  @Setting({
    meaning:
      'Roles, comma-separated. Another OpenStack service can send its own token in `X-Service-Token` together with the request of a user. This service token must have one of these roles.',
    example: 'service',
    type: 'list',
  })
  @IsString({ each: true })
  SERVICE_TOKEN_ROLES: string[] = ['service'];

  @Setting({
    meaning:
      "The type of this service in Keystone's catalogue. The service compares it with the service types in access rules of application credentials.",
    example: 'compute',
  })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  SERVICE_TYPE = 'compute';
}
