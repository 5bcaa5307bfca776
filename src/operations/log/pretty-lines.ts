import { prettyFactory } from 'pino-pretty';

/** Turns each JSON line of the log into a human-readable line. Lines of requests look like nova-api's. */
export function prettyLines(colorize: boolean): (line: string) => string {
  const pretty = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore:
      'pid,logger,address,method,path,route,status,length,microversion,seconds,request_id,global_request_id,user_id,project_id,view,kind,cut',
    errorLikeObjectKeys: ['error'],
    messageFormat: (line, messageKey) => `${text(line['logger'])}: ${what(line, messageKey)}`,
  });
  return (line) => pretty(line);
}

function what(line: Record<string, unknown>, messageKey: string): string {
  const message = text(line[messageKey]);
  const { address, method, path, status, length, microversion, seconds, request_id: requestId } = line;
  const by = requestId === undefined ? '' : ` [${text(requestId)}]`;
  if (method === undefined) return `${message}${by}`;
  const target = `${text(address)} "${text(method)} ${text(path)}"`;
  // A stream that begins.
  if (status === undefined) return `${target} ${message}${by}`;
  return (
    `${target} status: ${text(status)} len: ${text(length)} ` +
    `microversion: ${text(microversion ?? '-')} time: ${text(seconds)}${by}`
  );
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
