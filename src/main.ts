import { onShutdown } from './processes/signals.js';

// Before anything else is loaded: PID 1, as in a container, ignores signals that it has no handler for.
let end = (): void => process.exit(0);
onShutdown(() => {
  end();
});
const { start } = await import('./start.js');
end = await start();
