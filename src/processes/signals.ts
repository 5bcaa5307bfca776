import cluster from 'node:cluster';

/** What the process over several workers and a worker say to each other. */
export const END = 'end';
export const PING = 'ping';
export const PONG = 'pong';

/**
 * Without a listener each of these ends a process without a word; on SIGUSR1 Node opens a debugger to all local users.
 * Tools send them: logrotate, a terminal that closes, a timer. Node itself ignores SIGPIPE and SIGXFSZ.
 */
const IGNORED = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGPWR'] as const;

const ON_HANGUP =
  ': the service watches policy files and the TLS certificate by itself, and reads its settings when it starts';

for (const name of IGNORED) {
  process.on(name, () => {
    const reason = name === 'SIGHUP' ? ON_HANGUP : '';
    process.stderr.write(`nova-action-log ignores ${name} in process ${process.pid}${reason}\n`);
  });
}

// A line that nobody reads any more, as on a terminal that has closed, is no reason to end.
process.stderr.on('error', () => undefined);

/**
 * Calls back when this process has to end: on SIGTERM, SIGINT or SIGQUIT, of which a second one ends it at once. A
 * worker ignores them and waits for a message instead: the process over it ends all of them, however many a signal reaches.
 */
export function onEnd(end: () => void): void {
  let isEnding = false;
  const onSignal = (): void => {
    if (cluster.isWorker) return;
    if (isEnding) process.exit(1);
    isEnding = true;
    end();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(name, onSignal);
  if (!cluster.isWorker) return;
  process.on('message', (message) => {
    if (message === END) end();
    // The process over this one may have ended meanwhile.
    if (message === PING) process.send?.(PONG, undefined, undefined, () => undefined);
  });
}
