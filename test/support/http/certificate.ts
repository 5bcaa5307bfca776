import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianPrograms } from '../process/debian.js';

/**
 * Makes a key and a certificate that it has signed itself, both in PEM.
 *
 * @param name its common name, to tell it by
 * @param alternatives for whom it is, as OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`
 * @param days how long it is valid, in days
 */
export async function makeCertificate(
  { name, alternatives, days = 30 }: { name: string; alternatives: string; days?: number },
  { certificate, key }: { certificate: string; key: string },
): Promise<void> {
  const { openssl } = await debianPrograms('OpenSSL');
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-days', String(days), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternatives}`];
  await promisify(execFile)(openssl, [...words, ...names, '-keyout', key, '-out', certificate]);
}
