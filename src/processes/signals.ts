import cluster from 'node:cluster';

/** Messages between the parent process and its workers. */
export const SHUT_DOWN = 'shut down';
export const PING = 'ping';
export const PONG = 'pong';

/**
 * Signals that other programs send, for example logrotate, or a terminal when it closes. Without a listener they silently
 * terminate the process, and SIGUSR1 makes Node open a debugger port for all local users. Node itself ignores SIGPIPE
 * and SIGXFSZ.
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

// A write to a closed terminal must not terminate the process.
process.stderr.on('error', () => undefined);

/**
 * Calls back when this process must shut down: on SIGTERM, SIGINT or SIGQUIT. A second signal terminates it at once. A
 * worker ignores these signals and waits for a message from its parent: a signal to the parent shuts down all workers.
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
    // The callback ignores the error if the parent has exited.
    if (message === PING) process.send?.(PONG, undefined, undefined, () => undefined);
  });
}
