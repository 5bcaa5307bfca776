import cluster from 'node:cluster';

/** Messages between the parent process and its workers. */
export const SHUT_DOWN = 'end';
export const PING = 'ping';
export const PONG = 'pong';

/**
 * Signals that tools send: logrotate, a terminal that closes, a timer. Without a listener each of them ends the process
 * silently, and SIGUSR1 makes Node open a debugger to all local users. Node itself ignores SIGPIPE and SIGXFSZ.
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

// A write to a terminal that has closed must not end the process.
process.stderr.on('error', () => undefined);

/**
 * Calls back when this process has to end: on SIGTERM, SIGINT or SIGQUIT. A second signal ends it at once. A worker
 * ignores signals and waits for a message instead: its parent ends all workers, whichever of them a signal reaches.
 */
export function onShutdown(end: () => void): void {
  let isShuttingDown = false;
  const onSignal = (): void => {
    if (cluster.isWorker) return;
    if (isShuttingDown) process.exit(1);
    isShuttingDown = true;
    end();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(name, onSignal);
  if (!cluster.isWorker) return;
  process.on('message', (message) => {
    if (message === SHUT_DOWN) end();
    // The parent may have ended meanwhile.
    if (message === PING) process.send?.(PONG, undefined, undefined, () => undefined);
  });
}
