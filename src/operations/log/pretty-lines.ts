import { prettyFactory } from 'pino-pretty';

/** Returns a function that formats JSON log lines for humans. A request's line has the format of nova-api's log. */
export function prettyLines(colorize: boolean): (line: string) => string {
  const pretty = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore:
      'pid,logger,address,method,path,route,status,length,microversion,seconds,request_id,global_request_id,user_id,project_id,view,kind,cut,reason,policy,roles,query,items',
    errorLikeObjectKeys: ['error'],
    messageFormat: (line, messageKey) => `${text(line['logger'])}: ${contentOf(line, messageKey)}`,
  });
  return (line) => pretty(line);
}

function contentOf(line: Record<string, unknown>, messageKey: string): string {
  const message = text(line[messageKey]);
  const { address, method, path, status, length, microversion, seconds, request_id: requestId } = line;
  const by = requestId === undefined ? '' : ` [${text(requestId)}]`;
  if (line['reason'] !== undefined) return `${message}: ${auditOf(line)}${by}`;
  if (method === undefined) return `${message}${by}`;
  const target = `${text(address)} "${text(method)} ${text(path)}"`;
  // A line without a status reports the start of a stream.
  if (status === undefined) return `${target} ${message}${by}`;
  return (
    `${target} status: ${text(status)} len: ${text(length)} ` +
    `microversion: ${text(microversion ?? '-')} time: ${text(seconds)}${by}`
  );
}

function auditOf(line: Record<string, unknown>): string {
  const { address, path, query, reason, user_id: user, status, items } = line;
  // A line without a status reports the start of a response that consists of lines.
  const end = status === undefined ? '' : ` status: ${text(status)} items: ${text(items)}`;
  return `${text(address)} "${text(path)}?${text(query)}" reason: ${text(reason)} user: ${text(user)}${end}`;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
