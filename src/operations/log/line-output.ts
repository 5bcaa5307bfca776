import { writeSync } from 'node:fs';

/**
 * The maximum length of a log line, in bytes. Linux writes up to this length to a pipe in one piece (PIPE_BUF), so
 * lines of several processes do not mix.
 */
export const MAX_LINE_LENGTH = 4_096;

/** The maximum number of bytes that wait for a slow reader. If more bytes wait, further lines are lost. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

/** The delay before a write, in milliseconds. Lines that arrive during the delay are written together. */
const BATCH_DELAY = 10;

/** The delay before the next write to a full pipe, in milliseconds. */
const FULL_PIPE_DELAY = 5;

/** The delay before the next write after any other error, such as a full disk, in milliseconds. */
const ERROR_DELAY = 500;

/** Milliseconds for which an exiting process waits for a slow reader. */
const EXIT_FLUSH_TIMEOUT = 1_000;

interface Chunk {
  text: string | Buffer;
  length: number;
}

/**
 * Writes lines to a file descriptor without waiting for its reader. One write may contain many lines, but no line is
 * split between two writes. If a write fails, the service continues and counts the lost lines.
 * docs/decisions/0045-log-destination.md explains why sonic-boom, pino's own writer, is not used.
 */
export class LineOutput {
  /** The number of lines that could not be written. */
  lost = 0;
  private readonly chunks: Chunk[] = [];
  private pendingBytes = 0;
  private isScheduled = false;

  /** @param fd the file descriptor to write to; a pipe must be non-blocking */
  constructor(private readonly fd: number) {}

  /** Adds a line to the next write. @param line at most `MAX_LINE_LENGTH` bytes, with its line feed */
  write(line: string): void {
    const length = Buffer.byteLength(line);
    if (this.pendingBytes + length > MAX_PENDING_BYTES) {
      this.lost += 1;
      return;
    }
    const last = this.chunks.at(-1);
    if (last !== undefined && typeof last.text === 'string' && last.length + length <= MAX_LINE_LENGTH) {
      last.text += line;
      last.length += length;
    } else {
      this.chunks.push({ text: line, length });
    }
    this.pendingBytes += length;
    if (this.isScheduled) return;
    this.isScheduled = true;
    setTimeout(() => {
      this.flush();
    }, BATCH_DELAY);
  }

  /**
   * Writes the pending lines when the process exits. Lines that cannot be written within `EXIT_FLUSH_TIMEOUT` are lost.
   */
  end(): void {
    const until = performance.now() + EXIT_FLUSH_TIMEOUT;
    for (;;) {
      const problem = this.writeAll();
      if (problem === undefined) return;
      if (problem !== 'EAGAIN' || performance.now() > until) {
        this.dropPending();
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_DELAY);
    }
  }

  private flush(): void {
    this.isScheduled = false;
    const problem = this.writeAll();
    if (problem === undefined) return;
    if (problem === 'EPIPE') {
      this.dropPending();
      return;
    }
    this.isScheduled = true;
    const delay = problem === 'EAGAIN' ? FULL_PIPE_DELAY : ERROR_DELAY;
    setTimeout(() => {
      this.flush();
    }, delay).unref();
  }

  /** Writes the pending lines. @returns the code of the first error, or undefined if all lines were written */
  private writeAll(): string | undefined {
    for (let chunk = this.chunks[0]; chunk !== undefined; chunk = this.chunks[0]) {
      let written: number;
      try {
        written =
          typeof chunk.text === 'string' ? writeSync(this.fd, chunk.text) : writeSync(this.fd, chunk.text);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
      this.pendingBytes -= written;
      if (written === chunk.length) {
        this.chunks.shift();
      } else {
        chunk.text = Buffer.from(chunk.text).subarray(written);
        chunk.length -= written;
      }
    }
    return undefined;
  }

  /**
   * Drops the pending lines and counts them as lost. They must not be written later, when the number of this descriptor
   * may belong to another file.
   */
  private dropPending(): void {
    this.lost += this.chunks.reduce((lines, { text }) => lines + String(text).split('\n').length - 1, 0);
    this.chunks.length = 0;
    this.pendingBytes = 0;
  }
}
