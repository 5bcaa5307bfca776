import { Logger } from '@nestjs/common';
import { X509Certificate } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, Server as TlsServer } from 'node:tls';
import { errorText } from '../../common/error-text.js';
import { readSmallFile, shownPath } from '../../common/read-small-file.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import type { Settings } from '../../config/settings.js';

/** The interval at which the service checks if the TLS files have changed, in milliseconds. */
const CHECK_INTERVAL = 2_000;

/** The topic of certificate chains that the service begins to use. The message is the earliest expiry in the chain. */
export const certificatesInUse = topic<Date>('certificate');

/** The certificate chain, its private key, and the lowest accepted version of TLS. */
export interface TlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: Settings['TLS_MIN_VERSION'];
}

/**
 * Reads the files TLS_CERTIFICATE and TLS_KEY.
 *
 * @returns undefined if the settings do not enable TLS
 * @throws SettingsError if a file cannot be read, or the certificate and the key do not match
 */
export function tlsOptions(settings: Settings): TlsOptions | undefined {
  const { TLS_CERTIFICATE, TLS_KEY } = settings;
  if (TLS_CERTIFICATE === undefined && TLS_KEY === undefined) return undefined;
  if (TLS_CERTIFICATE === undefined || TLS_KEY === undefined) {
    throw new SettingsError('TLS_CERTIFICATE and TLS_KEY must both be set, or neither of them');
  }
  const options = {
    cert: readFileOf('TLS_CERTIFICATE', TLS_CERTIFICATE),
    key: readFileOf('TLS_KEY', TLS_KEY),
    minVersion: settings.TLS_MIN_VERSION,
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new SettingsError(
      `TLS_CERTIFICATE ${TLS_CERTIFICATE} and TLS_KEY ${TLS_KEY} do not contain a certificate and its private key: ${errorText(error)}`,
    );
  }
  return options;
}

/**
 * Publishes the expiry of the certificate. If the TLS files change, reloads them for new connections. While the
 * certificate and the key do not match, for example because only one of them has been replaced, the previous ones stay
 * in use.
 */
export function renewCertificates(server: unknown, settings: Settings): void {
  if (!(server instanceof TlsServer)) return;
  const log = new Logger('TLS');
  publishExpiry(tlsOptions(settings));
  let retry: NodeJS.Timeout | undefined;
  let problem = '';
  const renew = (): void => {
    clearTimeout(retry);
    try {
      const options = tlsOptions(settings);
      server.setSecureContext(options ?? {});
      publishExpiry(options);
      log.log('the certificate and its key were reloaded');
      problem = '';
    } catch (error) {
      // The service retries even if the files do not change, because the last attempt may have failed for lack of a
      // file descriptor.
      retry = setTimeout(renew, CHECK_INTERVAL).unref();
      if (errorText(error) !== problem)
        log.error(`cannot reload the certificate, so the previous one stays in use: ${errorText(error)}`);
      problem = errorText(error);
    }
  };
  const paths = [settings.TLS_CERTIFICATE, settings.TLS_KEY].filter((path) => path !== undefined);
  // The files are polled, because file events do not report changes of mounted secrets, which are links to a folder.
  for (const path of paths) watchFile(path, { interval: CHECK_INTERVAL, persistent: false }, renew);
  server.once('close', () => {
    clearTimeout(retry);
    for (const path of paths) unwatchFile(path, renew);
  });
}

function publishExpiry(options: TlsOptions | undefined): void {
  const blocks = options?.cert.toString('latin1').split(/(?=-----BEGIN )/) ?? [];
  const expiries = blocks
    .filter((block) => /^-----BEGIN (X509 )?CERTIFICATE-----/.test(block))
    .map((block) => Date.parse(new X509Certificate(block).validTo));
  if (expiries.length > 0) certificatesInUse.publish(new Date(Math.min(...expiries)));
}

function readFileOf(setting: string, path: string): Buffer {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new SettingsError(
      `${setting} ${errorText(error)}${shownPath(path)}; for example ${setting}=/etc/nova-action-log/tls.${setting === 'TLS_KEY' ? 'key' : 'crt'}`,
    );
  }
}
