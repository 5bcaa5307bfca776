import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/**
 * Waits for the end of its input, that is for the end of the process that made it, however that came about; then
 * kills the guarded process, with its group if it leads one, and removes the folder. `process.on('exit')` would miss a SIGKILL, and never fires
 * inside a Jest sandbox.
 */
const SCRIPT = `
read -r _
if [ -s "$1/guarded.pid" ]; then
  pid=$(cat "$1/guarded.pid")
  kill -9 "-$pid" || kill -9 "$pid"
fi
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

/** Sees to it that a process and its folder do not outlive the test run. */
export class Guardian {
  private readonly shell: ChildProcess;
  private readonly note: string;

  constructor(folder: string) {
    this.note = join(folder, 'guarded.pid');
    // Detached: a Ctrl-C in the terminal must not take the guardian away before it has cleaned up.
    this.shell = spawn('/bin/sh', ['-c', SCRIPT, 'guardian', folder], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.shell.unref();
    (this.shell.stdin as Socket).unref();
  }

  /** Notes the process to kill at the end. */
  watch(pid: number): void {
    writeFileSync(this.note, String(pid));
  }

  /** To be called when that process is gone: its number may soon belong to somebody else's. */
  forget(): void {
    rmSync(this.note, { force: true });
  }

  /** Has the guardian do its work now. */
  async end(): Promise<void> {
    if (this.shell.exitCode !== null || this.shell.signalCode !== null) return;
    const gone = once(this.shell, 'exit');
    this.shell.ref();
    this.shell.stdin?.end();
    await gone;
  }
}
