/** The TLS options of a connection. Properties whose name ends in `Path` are paths of PEM files. */
export interface MysqlTls {
  /**
   * True if a connection without TLS must fail. If it is false, the service sends clear text to a server that does not
   * support TLS.
   */
  readonly isRequired: boolean;
  /** True if the server's certificate must be signed by an authority from `caPath`, or by one that Node trusts. */
  readonly checksCertificate: boolean;
  /** True if the server's certificate must be valid for the host name in the URL. */
  readonly checksName: boolean;
  /**
   * The file or the folder with the certificates of trusted authorities. The default is the authorities that Node
   * trusts.
   */
  readonly caPath?: string;
  /** The paths of the client certificate and of its key, for servers that require a client certificate. */
  readonly certPath?: string;
  readonly keyPath?: string;
  readonly passphrase?: string;
  /** The ciphers that TLS may use, in OpenSSL's notation. */
  readonly ciphers?: string;
}

const VALUES = {
  ssl_ca: 'caPath',
  ssl_capath: 'caPath',
  ssl_cert: 'certPath',
  ssl_key: 'keyPath',
  ssl_key_password: 'passphrase',
  ssl_cipher: 'ciphers',
} as const satisfies Record<string, keyof MysqlTls>;

const FLAGS = ['ssl_check_hostname', 'ssl_verify_cert', 'ssl_verify_identity', 'ssl_disabled'] as const;

/** The values of the option `ssl_mode`, which are those of MySQL's command-line programs and of mysqlclient. */
const MODES = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'];

/** The names of the URL options that `tlsOf` reads. */
export const TLS_OPTIONS: readonly string[] = [...Object.keys(VALUES), ...FLAGS, 'ssl_mode'];

/**
 * Returns the TLS options of a URL, with the meaning that they have for SQLAlchemy and PyMySQL (1.2 and later). Without
 * an option, a connection uses TLS if the server supports it. With any option except `ssl_disabled`, a connection
 * without TLS fails. The service verifies the server's certificate if the URL names authorities, or if an option
 * requires the verification. When the service verifies the certificate, it also verifies the host name, unless an
 * option turns that check off.
 *
 * @returns undefined if the connection must not use TLS, even if the server supports TLS
 * @throws Error if an option has an invalid value
 */
export function tlsOf(option: (name: string) => string | undefined): MysqlTls | undefined {
  const flags = Object.fromEntries(FLAGS.map((name) => [name, flagOf(name, option(name))])) as Record<
    (typeof FLAGS)[number],
    boolean | undefined
  >;
  const mode = option('ssl_mode')?.toUpperCase();
  if (mode !== undefined && !MODES.includes(mode))
    throw new Error(`has an invalid ssl_mode; the values are ${MODES.join(', ')}`);
  if (flags.ssl_disabled || mode === 'DISABLED') return undefined;
  const values: Pick<MysqlTls, (typeof VALUES)[keyof typeof VALUES]> = Object.fromEntries(
    Object.entries(VALUES).flatMap(([name, property]) => {
      const value = option(name);
      return value === undefined ? [] : [[property, value] as const];
    }),
  );
  const { ssl_check_hostname: name, ssl_verify_cert: certificate, ssl_verify_identity: identity } = flags;
  const isRequested = identity === true || mode?.startsWith('VERIFY_') === true;
  const checksCertificate = certificate ?? (isRequested || values.caPath !== undefined);
  return {
    ...values,
    isRequired:
      Object.keys(values).length > 0 ||
      [name, certificate, identity].some((flag) => flag !== undefined) ||
      ['REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'].includes(mode ?? ''),
    checksCertificate,
    checksName: checksCertificate && (name ?? identity ?? mode !== 'VERIFY_CA'),
  };
}

/** Parses a boolean option. The accepted words are those of SQLAlchemy. */
function flagOf(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const word = text.trim().toLowerCase();
  if (['true', 'yes', 'on', 'y', 't', '1'].includes(word)) return true;
  if (['false', 'no', 'off', 'n', 'f', '0'].includes(word)) return false;
  throw new Error(`has a value of ${name} that is neither true nor false`);
}
