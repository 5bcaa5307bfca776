import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianPrograms } from './debian.js';

/**
 * Makes a key and a certificate that it has signed itself, both in PEM.
 *
 * @param name its common name, to tell it by
 * @param alternatives for whom it is, as OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`
 */
export async function makeCertificate(
  { name, alternatives }: { name: string; alternatives: string },
  { certificate, key }: { certificate: string; key: string },
): Promise<void> {
  const { openssl } = await debianPrograms('OpenSSL');
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternatives}`];
  await promisify(execFile)(openssl, [...words, ...names, '-keyout', key, '-out', certificate]);
}
