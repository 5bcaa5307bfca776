import { writeSync } from 'node:fs';

/** What Linux writes to a pipe in one piece (PIPE_BUF), in bytes: so the lines of processes that share one stay whole. */
export const LONGEST_LINE = 4_096;

/** What is kept for a reader that does not read, in bytes; what comes beyond that is lost. */
const MOST_WAITING = 16 * 1024 * 1024;

/** For how long lines gather, so that one write is for many, in milliseconds. */
const GATHER = 10;

/** After how long a reader that was behind is tried again, and a disk that was full, in milliseconds. */
const RETRY_BEHIND = 5;
const RETRY_FAILED = 500;

/** How long the end of the process waits for a reader that is behind, in milliseconds. */
const FAREWELL = 1_000;

interface Chunk {
  text: string | Buffer;
  length: number;
}

/**
 * Writes lines to a file descriptor: together what comes together, never in parts, and without waiting for the reader.
 * The service does not fail with its log: lines that nobody takes are lost, and counted.
 */
export class LineOutput {
  /** Lines that did not get out. */
  lost = 0;
  private readonly chunks: Chunk[] = [];
  private waiting = 0;
  private isPlanned = false;

  /** @param fd that does not block, for a pipe */
  constructor(private readonly fd: number) {}

  /** @param line with its end, of at most `LONGEST_LINE` bytes */
  write(line: string): void {
    const length = Buffer.byteLength(line);
    if (this.waiting + length > MOST_WAITING) {
      this.lost += 1;
      return;
    }
    const last = this.chunks.at(-1);
    if (last !== undefined && typeof last.text === 'string' && last.length + length <= LONGEST_LINE) {
      last.text += line;
      last.length += length;
    } else {
      this.chunks.push({ text: line, length });
    }
    this.waiting += length;
    if (this.isPlanned) return;
    this.isPlanned = true;
    setTimeout(() => {
      this.flush();
    }, GATHER);
  }

  /** Writes what waits at the end of the process, for as long as somebody takes it. The rest is lost. */
  end(): void {
    const until = performance.now() + FAREWELL;
    for (;;) {
      const problem = this.writeAll();
      if (problem === undefined) return;
      if (problem !== 'EAGAIN' || performance.now() > until) {
        this.giveUp();
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_BEHIND);
    }
  }

  private flush(): void {
    this.isPlanned = false;
    const problem = this.writeAll();
    if (problem === undefined) return;
    if (problem === 'EPIPE') {
      this.giveUp();
      return;
    }
    this.isPlanned = true;
    const pause = problem === 'EAGAIN' ? RETRY_BEHIND : RETRY_FAILED;
    setTimeout(() => {
      this.flush();
    }, pause).unref();
  }

  /** @returns the code of what stands in the way of the rest */
  private writeAll(): string | undefined {
    for (let chunk = this.chunks[0]; chunk !== undefined; chunk = this.chunks[0]) {
      let written: number;
      try {
        written =
          typeof chunk.text === 'string' ? writeSync(this.fd, chunk.text) : writeSync(this.fd, chunk.text);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
      this.waiting -= written;
      if (written === chunk.length) {
        this.chunks.shift();
      } else {
        chunk.text = Buffer.from(chunk.text).subarray(written);
        chunk.length -= written;
      }
    }
    return undefined;
  }

  /** Nobody will ever read this; nor is it written to what has the descriptor's number once that is closed. */
  private giveUp(): void {
    this.lost += this.chunks.reduce((lines, { text }) => lines + String(text).split('\n').length - 1, 0);
    this.chunks.length = 0;
    this.waiting = 0;
  }
}
