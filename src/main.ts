import { onShutdown } from './processes/signals.js';

// The handler is set before the service loads. In a container the process has PID 1, and Linux ignores SIGTERM for PID
// 1 unless the process handles it.
let end = (): void => process.exit(0);
onShutdown(() => {
  end();
});
const { start } = await import('./start.js');
end = await start();
