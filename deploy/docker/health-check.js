// Whether the service beside it in the container is alive: exit code 0 or 1. There is no curl in the image.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import process from 'node:process';

/** As the service reads it: the variable, or the file that one of the same name with `_FILE` names. */
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
// A service that listens on all addresses, of IPv4 or of both families, also listens on this one.
const host = /^(0\.0\.0\.0|[0:]+)$/.test(listening) ? '127.0.0.1' : listening;
// Of oneself one asks no certificate.
const options = { host, port, path: '/health/live', timeout: 2_500, rejectUnauthorized: false };

const client = TLS_CERTIFICATE && !OPERATIONS_PORT ? https : http;
client
  .get(options, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
