import { Logger } from '@nestjs/common';
import { X509Certificate } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, Server as TlsServer } from 'node:tls';
import { errorText } from '../../common/error-text.js';
import { readSmallFile, shownPath } from '../../common/read-small-file.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import type { Settings } from '../../config/settings.js';

/** How often the service looks for changes of the files, in milliseconds. */
const CHECK_INTERVAL = 2_000;

/** When the certificate for new connections expires, or one above it that expires earlier. */
export const certificatesInUse = topic<Date>('certificate');

/** A certificate, the key to it, and what is spoken. */
export interface TlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: Settings['TLS_MIN_VERSION'];
}

/**
 * Reads the TLS files that the settings name; undefined without TLS.
 *
 * @throws SettingsError for files that cannot be read, or do not match
 */
export function tlsOptions(settings: Settings): TlsOptions | undefined {
  const { TLS_CERTIFICATE, TLS_KEY } = settings;
  if (TLS_CERTIFICATE === undefined && TLS_KEY === undefined) return undefined;
  if (TLS_CERTIFICATE === undefined || TLS_KEY === undefined) {
    throw new SettingsError('TLS_CERTIFICATE and TLS_KEY must both be set, or neither of them');
  }
  const options = {
    cert: read('TLS_CERTIFICATE', TLS_CERTIFICATE),
    key: read('TLS_KEY', TLS_KEY),
    minVersion: settings.TLS_MIN_VERSION,
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new SettingsError(
      `TLS_CERTIFICATE ${TLS_CERTIFICATE} and TLS_KEY ${TLS_KEY} are no certificate and its key: ${errorText(error)}`,
    );
  }
  return options;
}

/**
 * Publishes the certificate, and uses changed ones for new connections. While certificate and key do not match, for example
 * because one of the files is not written yet, the old ones stay.
 */
export function renewCertificates(server: unknown, settings: Settings): void {
  if (!(server instanceof TlsServer)) return;
  const log = new Logger('TLS');
  announce(tlsOptions(settings));
  let retry: NodeJS.Timeout | undefined;
  let problem = '';
  const renew = (): void => {
    clearTimeout(retry);
    try {
      const options = tlsOptions(settings);
      server.setSecureContext(options ?? {});
      announce(options);
      log.log('the certificate was read again');
      problem = '';
    } catch (error) {
      // Also without a change of the files: the process may have had no file descriptor left to read them.
      retry = setTimeout(renew, CHECK_INTERVAL).unref();
      if (errorText(error) !== problem) log.error(`the certificate stays as it was: ${errorText(error)}`);
      problem = errorText(error);
    }
  };
  const paths = [settings.TLS_CERTIFICATE, settings.TLS_KEY].filter((path) => path !== undefined);
  // Compares times, and does not wait for events: mounted secrets change by links to whole folders.
  for (const path of paths) watchFile(path, { interval: CHECK_INTERVAL, persistent: false }, renew);
  server.once('close', () => {
    clearTimeout(retry);
    for (const path of paths) unwatchFile(path, renew);
  });
}

function announce(options: TlsOptions | undefined): void {
  const parts = options?.cert.toString('latin1').split(/(?=-----BEGIN )/) ?? [];
  const ends = parts
    .filter((part) => /^-----BEGIN (X509 )?CERTIFICATE-----/.test(part))
    .map((part) => Date.parse(new X509Certificate(part).validTo));
  if (ends.length > 0) certificatesInUse.publish(new Date(Math.min(...ends)));
}

function read(setting: string, path: string): Buffer {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new SettingsError(
      `${setting} ${errorText(error)}${shownPath(path)}; for example ${setting}=/etc/nova-action-log/tls.${setting === 'TLS_KEY' ? 'key' : 'crt'}`,
    );
  }
}
