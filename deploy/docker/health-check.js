// The health check of the container. It exits with 0 if the service responds with 200, and otherwise with 1. It is
// written in JavaScript because the image does not contain curl.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import process from 'node:process';

/** Returns a setting as the service reads it: from the variable NAME, or from the file that NAME_FILE names. */
function setting(name) {
  const file = process.env[`${name}_FILE`];
  return process.env[name] || (file ? readFileSync(file, 'utf8').trim() : '');
}

const [OPERATIONS_PORT, OPERATIONS_HOST, PORT, HOST, TLS_CERTIFICATE] = [
  'OPERATIONS_PORT',
  'OPERATIONS_HOST',
  'PORT',
  'HOST',
  'TLS_CERTIFICATE',
].map(setting);
const port = OPERATIONS_PORT || PORT || '8774';
const listening = (OPERATIONS_PORT ? OPERATIONS_HOST : HOST) || '127.0.0.1';
// If the service listens on all addresses (0.0.0.0 or ::), it listens on 127.0.0.1 too.
const host = /^(0\.0\.0\.0|[0:]+)$/.test(listening) ? '127.0.0.1' : listening;
// The certificate is not verified, because the request does not leave the container.
const options = { host, port, path: '/health/live', timeout: 2_500, rejectUnauthorized: false };

const client = TLS_CERTIFICATE && !OPERATIONS_PORT ? https : http;
client
  .get(options, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
