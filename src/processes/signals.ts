import cluster from 'node:cluster';

/**
 * The messages between the parent process and its workers: `SHUT_DOWN` and `PING` from the parent, `PONG` from a
 * worker.
 */
export const SHUT_DOWN = 'shut down';
export const PING = 'ping';
export const PONG = 'pong';

/**
 * Signals that the service ignores. Other programs send them, for example logrotate, or a terminal when it closes.
 * Without a listener, these signals silently terminate the process. SIGUSR1 is an exception: it makes Node open a
 * debugger port, which all local users can reach. The list does not contain SIGPIPE and SIGXFSZ, which Node itself
 * ignores.
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

// Ignores errors, because a write to a closed terminal must not terminate the process.
process.stderr.on('error', () => undefined);

/**
 * Calls `shutDown` when this process receives SIGTERM, SIGINT or SIGQUIT. A second signal terminates the process
 * immediately. A worker ignores these signals, and calls `shutDown` when it gets a message from its parent process,
 * which shuts down all workers.
 */
export function onShutdown(shutDown: () => void): void {
  let isShuttingDown = false;
  const onSignal = (): void => {
    if (cluster.isWorker) return;
    if (isShuttingDown) process.exit(1);
    isShuttingDown = true;
    shutDown();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(name, onSignal);
  if (!cluster.isWorker) return;
  process.on('message', (message) => {
    if (message === SHUT_DOWN) shutDown();
    // The callback ignores the error that occurs if the parent has exited.
    if (message === PING) process.send?.(PONG, undefined, undefined, () => undefined);
  });
}
