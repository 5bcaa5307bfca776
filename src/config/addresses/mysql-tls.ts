/** How a connection is encrypted. Names ending in `Path` name files in PEM. */
export interface MysqlTls {
  /** If not, a connection to a server that does not support TLS is in clear text. */
  readonly isRequired: boolean;
  /** Whether the server's certificate must be signed by an authority that is known. */
  readonly checksCertificate: boolean;
  /** Whether the server's certificate must also be for the name that the server is called by. */
  readonly checksName: boolean;
  /** The authorities, if not those that Node knows: a file, or a folder of files. */
  readonly caPath?: string;
  /** Our own certificate and its key, where the server wants to see one. */
  readonly certPath?: string;
  readonly keyPath?: string;
  readonly passphrase?: string;
  /** As OpenSSL writes them. */
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

/** As MySQL's own programs have them, and mysqlclient. */
const MODES = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'];

/** The options that `tlsOf` reads. */
export const TLS_OPTIONS: readonly string[] = [...Object.keys(VALUES), ...FLAGS, 'ssl_mode'];

/**
 * What the options of an address mean, as SQLAlchemy and PyMySQL (1.2 and later) have it: without any, a connection
 * is encrypted where the server can. With any but `ssl_disabled`, it is encrypted or it fails. A certificate is checked
 * where authorities are named, or where an option asks for it; its name is checked too, unless an option says no.
 *
 * @returns undefined where connections are in clear text whatever the server can
 * @throws Error naming the option whose value is none of its values
 */
export function tlsOf(option: (name: string) => string | undefined): MysqlTls | undefined {
  const flags = Object.fromEntries(FLAGS.map((name) => [name, flagOf(name, option(name))])) as Record<
    (typeof FLAGS)[number],
    boolean | undefined
  >;
  const mode = option('ssl_mode')?.toUpperCase();
  if (mode !== undefined && !MODES.includes(mode))
    throw new Error(`has ssl_mode, which is none of ${MODES.join(', ')}`);
  if (flags.ssl_disabled || mode === 'DISABLED') return undefined;
  const values: Pick<MysqlTls, (typeof VALUES)[keyof typeof VALUES]> = Object.fromEntries(
    Object.entries(VALUES).flatMap(([name, property]) => {
      const value = option(name);
      return value === undefined ? [] : [[property, value] as const];
    }),
  );
  const { ssl_check_hostname: name, ssl_verify_cert: certificate, ssl_verify_identity: identity } = flags;
  const isAsked = identity === true || mode?.startsWith('VERIFY_') === true;
  const checksCertificate = certificate ?? (isAsked || values.caPath !== undefined);
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

/** The words for a flag are SQLAlchemy's. */
function flagOf(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const word = text.trim().toLowerCase();
  if (['true', 'yes', 'on', 'y', 't', '1'].includes(word)) return true;
  if (['false', 'no', 'off', 'n', 'f', '0'].includes(word)) return false;
  throw new Error(`has ${name}, which is neither true nor false`);
}
