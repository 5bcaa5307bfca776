import { onEnd } from './processes/signals.js';

// From the first moment, before anything else is loaded: the first process of a container is not ended by a signal
// that it does not listen for.
let end = (): void => process.exit(0);
onEnd(() => {
  end();
});
const { start } = await import('./start.js');
end = await start();
