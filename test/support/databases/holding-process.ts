import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts another process, which acquires a lease and keeps renewing it.
 *
 * @returns a function that kills this process with SIGKILL
 */
export async function holdLease(databaseUrl: string, name: string): Promise<() => Promise<void>> {
  const script = new URL('lease-holder.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, databaseUrl, name], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [output] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown];
  if (String(output) !== 'acquired\n')
    throw new Error(`the process did not acquire the lease: ${String(output)}`);
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}
