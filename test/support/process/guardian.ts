import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/**
 * A shell script that waits until its standard input is closed. The system closes it when the test process exits,
 * whatever the reason. Then the script kills the guarded process, or the whole group that this process leads, and
 * removes the folder. `process.on('exit')` could not replace the script: it does not run after a SIGKILL, and never in
 * a Jest sandbox.
 */
const SCRIPT = `
read -r _
if [ -s "$1/guarded.pid" ]; then
  pid=$(cat "$1/guarded.pid")
  kill -9 "-$pid" || kill -9 "$pid"
fi
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

/** A shell process that kills a server and removes the server's folder when the test run ends. */
export class Guardian {
  private readonly shell: ChildProcess;
  private readonly pidFile: string;

  constructor(folder: string) {
    this.pidFile = join(folder, 'guarded.pid');
    // The shell is detached, so that Ctrl-C in the terminal does not kill it before it has removed the folder.
    this.shell = spawn('/bin/sh', ['-c', SCRIPT, 'guardian', folder], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.shell.unref();
    (this.shell.stdin as Socket).unref();
  }

  /** Sets the process that is killed when the test run ends. */
  watch(pid: number): void {
    writeFileSync(this.pidFile, String(pid));
  }

  /** Stops guarding the process. Call this when the process has exited, because another process may get the same id. */
  forget(): void {
    rmSync(this.pidFile, { force: true });
  }

  /** Kills the process and removes the folder, without waiting for the end of the test run. */
  async end(): Promise<void> {
    if (this.shell.exitCode !== null || this.shell.signalCode !== null) return;
    const exited = once(this.shell, 'exit');
    this.shell.ref();
    this.shell.stdin?.end();
    await exited;
  }
}
