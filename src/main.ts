import { onShutdown } from './processes/signals.js';

// The signal handler is set before the service loads. In a container the process has PID 1, and Linux ignores SIGTERM
// for a process with PID 1 unless that process has a handler.
let end = (): void => process.exit(0);
onShutdown(() => {
  end();
});
const { start } = await import('./start.js');
end = await start();
