import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { EXAMPLE_PATH, type LogLine, type ServiceProcess } from './process.js';
import { until } from '../time/until.js';

/** Returns the lines of the access log: the lines of the service's log that each describe one request. */
export function accessLines(service: ServiceProcess): readonly LogLine[] {
  return service.log.filter(({ logger }) => logger === 'Access');
}

/** Sends a request without a body over a new connection, and closes the connection after the response. */
export function sendRequest(
  service: ServiceProcess,
  headers: Readonly<Record<string, string>>,
  path = EXAMPLE_PATH,
  method = 'GET',
): Promise<ReceivedAnswer> {
  return service.send({ method, path, headers, body: undefined });
}

/** Runs `action`, and waits for the next line of the access log. @returns this line */
export async function accessLineAfter(
  service: ServiceProcess,
  action: () => Promise<unknown>,
): Promise<LogLine> {
  const before = accessLines(service).length;
  await action();
  await until(() => accessLines(service).length > before, 'a request is logged');
  return accessLines(service)[before] ?? {};
}

/** Sends bytes over a new connection, and discards the responses. @returns the open connection */
export async function sendBytes(service: ServiceProcess, bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(await service.url());
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  socket.resume();
  return socket;
}

/** Returns the metrics of a service, in Prometheus' text format. */
export async function metricsOf(service: ServiceProcess): Promise<string> {
  return (await sendRequest(service, {}, '/metrics')).body;
}
