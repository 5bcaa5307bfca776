import { onShutdown } from './processes/signals.js';

// The signal handler is set before the recorder loads. In a container the process has PID 1, and Linux ignores SIGTERM
// for a process with PID 1 unless that process has a handler.
let end = (): void => process.exit(0);
onShutdown(() => {
  end();
});

await import('reflect-metadata');
const { loadSettings } = await import('./config/load-settings.js');
const { failureText } = await import('./config/settings-error.js');
const { growYoungGeneration, saveMemory } = await import('./processes/save-memory.js');

try {
  const settings = loadSettings();
  // The recorder keeps the rows that it copies for a short time only. With a lower value, V8 would spend a third of the
  // time on garbage collections.
  saveMemory(50);
  process.setSourceMapsEnabled(true);
  const { startRecording } = await import('./recording.js');
  end = await startRecording(settings);
  growYoungGeneration();
} catch (error) {
  process.stderr.write(`nova-action-log cannot record: ${failureText(error)}\n`);
  process.exit(1);
}
