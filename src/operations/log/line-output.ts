import { writeSync } from 'node:fs';

/** Linux writes so many bytes to a pipe in one piece (PIPE_BUF), so that lines of processes that share a pipe stay whole. */
export const MAX_LINE_LENGTH = 4_096;

/** How many bytes wait at most for a slow reader; further lines are lost. */
const MAX_PENDING = 16 * 1024 * 1024;

/** The delay before a write, in milliseconds, so that one write takes many lines. */
const BATCH_DELAY = 10;

/** The delay before the next write to a full pipe, in milliseconds. */
const FULL_PIPE_RETRY = 5;

/** The delay before the next write after any other error, such as a full disk, in milliseconds. */
const ERROR_RETRY = 500;

/** How long the exit of the process waits for a slow reader, in milliseconds. */
const EXIT_FLUSH_TIMEOUT = 1_000;

interface Chunk {
  text: string | Buffer;
  length: number;
}

/**
 * Writes lines to a file descriptor, many at a time, each in one piece, without waiting for the reader. The service does
 * not fail when its log does: it counts the lines that it could not write. Decision 45 says why sonic-boom does not do this.
 */
export class LineOutput {
  /** How many lines were not written. */
  lost = 0;
  private readonly chunks: Chunk[] = [];
  private pendingBytes = 0;
  private isScheduled = false;

  /** @param fd a descriptor that does not block if it is a pipe */
  constructor(private readonly fd: number) {}

  /** @param line with its line feed, of at most `MAX_LINE_LENGTH` bytes */
  write(line: string): void {
    const length = Buffer.byteLength(line);
    if (this.pendingBytes + length > MAX_PENDING) {
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

  /** Writes the pending lines when the process exits, within `EXIT_FLUSH_TIMEOUT`. The rest is lost. */
  end(): void {
    const until = performance.now() + EXIT_FLUSH_TIMEOUT;
    for (;;) {
      const problem = this.writeAll();
      if (problem === undefined) return;
      if (problem !== 'EAGAIN' || performance.now() > until) {
        this.dropPending();
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_RETRY);
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
    const pause = problem === 'EAGAIN' ? FULL_PIPE_RETRY : ERROR_RETRY;
    setTimeout(() => {
      this.flush();
    }, pause).unref();
  }

  /** @returns the code of the error that stopped it; undefined if no line is pending */
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

  /** Counts the pending lines as lost. A later write could reach another file that has the descriptor's number by then. */
  private dropPending(): void {
    this.lost += this.chunks.reduce((lines, { text }) => lines + String(text).split('\n').length - 1, 0);
    this.chunks.length = 0;
    this.pendingBytes = 0;
  }
}
