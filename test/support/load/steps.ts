import { type Profiler, Session } from 'node:inspector/promises';

/** Built-in functions that look at a whole list or text: coverage cannot count what they do. */
const OF_LISTS = [
  'concat',
  'includes',
  'indexOf',
  'join',
  'lastIndexOf',
  'shift',
  'slice',
  'sort',
  'splice',
  'unshift',
];
const OF_TEXTS = ['includes', 'lastIndexOf', 'normalize', 'replace', 'replaceAll', 'search', 'split'];

type Method = (this: never, ...words: unknown[]) => unknown;

/**
 * Counts what the process does, in steps: a step is a block of JavaScript that is run once, or an item or character that
 * a built-in function may look at. Unlike time the number is the same on every machine.
 */
export class StepCounter {
  private readonly session = new Session();
  private readonly restore: (() => void)[] = [];
  private builtIn = 0;

  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    for (const name of OF_LISTS) this.wrap(Array.prototype, name, lengthOf);
    for (const name of OF_TEXTS) this.wrap(String.prototype, name, lengthOf);
    this.wrap(
      String.prototype,
      'indexOf',
      (text: string, _wanted, from = 0) =>
        (found) =>
          (found === -1 ? text.length : (found as number)) - (from as number),
    );
    // `test`, `replace`, `split` and the like call this.
    this.wrap(RegExp.prototype, 'exec', (expression: RegExp, text) => {
      const { lastIndex: from, sticky, global } = expression;
      return (found) => {
        if (found !== null && (sticky || global)) return expression.lastIndex - from;
        return sticky ? 1 : String(text).length - from;
      };
    });
  }

  /** Runs something, and waits for its end. @returns the steps that the process has made since the last count */
  async count(work: () => unknown): Promise<number> {
    await work();
    const { result } = await this.session.post('Profiler.takePreciseCoverage');
    const steps = this.builtIn + blocksIn(result);
    this.builtIn = 0;
    return steps;
  }

  async stop(): Promise<void> {
    for (const restore of this.restore) restore();
    await this.session.post('Profiler.stopPreciseCoverage');
    this.session.disconnect();
  }

  /** @param stepsOf is called before the built-in function, and what it returns after it, with the result */
  private wrap(
    prototype: object,
    name: string,
    stepsOf: (self: never, ...words: unknown[]) => (result: unknown) => number,
  ): void {
    const methods = prototype as Record<string, Method>;
    const original = methods[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    const add = (steps: number): void => void (this.builtIn += steps);
    methods[name] = function counted(this: never, ...words): unknown {
      const steps = stepsOf(this, ...words);
      const result = original.apply(this, words);
      add(steps(result));
      return result;
    };
    this.restore.push(() => (methods[name] = original));
  }
}

function lengthOf({ length }: { readonly length: number }): () => number {
  return () => length;
}

function blocksIn(scripts: readonly Profiler.ScriptCoverage[]): number {
  let blocks = 0;
  for (const { functions } of scripts)
    for (const { ranges } of functions) for (const { count } of ranges) blocks += count;
  return blocks;
}
