import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { EXAMPLE_PATH, type LogLine, type ServiceProcess } from './process.js';
import { until } from '../time/until.js';

/** The lines of its log that are about requests. */
export function accessLines(service: ServiceProcess): readonly LogLine[] {
  return service.log.filter(({ logger }) => logger === 'Access');
}

/** Asks with these headers over a connection of its own. */
export function sendRequest(
  service: ServiceProcess,
  headers: Readonly<Record<string, string>>,
  path = EXAMPLE_PATH,
  method = 'GET',
): Promise<ReceivedAnswer> {
  return service.send({ method, path, headers, body: undefined });
}

/** The line that something leads to. */
export async function accessLineAfter(
  service: ServiceProcess,
  doing: () => Promise<unknown>,
): Promise<LogLine> {
  const before = accessLines(service).length;
  await doing();
  await until(() => accessLines(service).length > before, 'a request is logged');
  return accessLines(service)[before] ?? {};
}

/** Sends bytes over a connection of its own. */
export async function sendBytes(service: ServiceProcess, bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(await service.url());
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  socket.resume();
  return socket;
}

/** What it tells Prometheus. */
export async function metricsOf(service: ServiceProcess): Promise<string> {
  return (await sendRequest(service, {}, '/metrics')).body;
}
