import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/**
 * Waits until its standard input closes, which happens when the test process exits for any reason. Then kills
 * the guarded process, with its group if it leads one, and removes the folder. `process.on('exit')` does not run after
 * a SIGKILL, and never runs in a Jest sandbox.
 */
const SCRIPT = `
read -r _
if [ -s "$1/guarded.pid" ]; then
  pid=$(cat "$1/guarded.pid")
  kill -9 "-$pid" || kill -9 "$pid"
fi
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

/** A shell that kills a process and removes its folder when the test run ends. */
export class Guardian {
  private readonly shell: ChildProcess;
  private readonly pidFile: string;

  constructor(folder: string) {
    this.pidFile = join(folder, 'guarded.pid');
    // Detached, so that Ctrl-C in the terminal does not kill the guardian before it has cleaned up.
    this.shell = spawn('/bin/sh', ['-c', SCRIPT, 'guardian', folder], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.shell.unref();
    (this.shell.stdin as Socket).unref();
  }

  /** Sets the process to kill at the end. */
  watch(pid: number): void {
    writeFileSync(this.pidFile, String(pid));
  }

  /** Clears the process. Call this when it has exited, because another process may get its id. */
  forget(): void {
    rmSync(this.pidFile, { force: true });
  }

  /** Kills the process and removes the folder now. */
  async end(): Promise<void> {
    if (this.shell.exitCode !== null || this.shell.signalCode !== null) return;
    const exited = once(this.shell, 'exit');
    this.shell.ref();
    this.shell.stdin?.end();
    await exited;
  }
}
