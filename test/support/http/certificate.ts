import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianPrograms } from '../process/debian.js';

/**
 * Creates a key and a self-signed certificate, in PEM format.
 *
 * @param name the common name; tests distinguish certificates by it
 * @param alternatives the subject alternative names in OpenSSL's format, such as `DNS:localhost,IP:127.0.0.1`
 * @param days the number of days for which the certificate is valid
 */
export async function makeCertificate(
  { name, alternatives, days = 30 }: { name: string; alternatives: string; days?: number },
  { certificate, key }: { certificate: string; key: string },
): Promise<void> {
  const { openssl } = await debianPrograms('OpenSSL');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-days', String(days), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternatives}`];
  await promisify(execFile)(openssl, [...request, ...names, '-keyout', key, '-out', certificate]);
}
