import { type Profiler, Session } from 'node:inspector/promises';

/**
 * Built-in methods that may read a whole array. V8's coverage counts only the execution of JavaScript, not the work of
 * these methods.
 */
const ARRAY_METHODS = [
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
const STRING_METHODS = ['includes', 'lastIndexOf', 'normalize', 'replace', 'replaceAll', 'search', 'split'];

type Method = (this: never, ...args: unknown[]) => unknown;

/**
 * Counts the work of this process in steps. One execution of a block of JavaScript is one step. A built-in method needs
 * one step for each item or character that it may read. Unlike a time, the number of steps is the same on every
 * machine.
 */
export class StepCounter {
  private readonly session = new Session();
  private readonly restore: (() => void)[] = [];
  private builtIn = 0;

  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    for (const name of ARRAY_METHODS) this.wrap(Array.prototype, name, lengthOf);
    for (const name of STRING_METHODS) this.wrap(String.prototype, name, lengthOf);
    this.wrap(
      String.prototype,
      'indexOf',
      (text: string, _wanted, from = 0) =>
        (found) =>
          (found === -1 ? text.length : (found as number)) - (from as number),
    );
    // Methods such as `test`, `replace` and `split` call `exec` internally.
    this.wrap(RegExp.prototype, 'exec', (expression: RegExp, text) => {
      const { lastIndex: from, sticky, global } = expression;
      return (found) => {
        if (found !== null && (sticky || global)) return expression.lastIndex - from;
        return sticky ? 1 : String(text).length - from;
      };
    });
  }

  /**
   * Runs a function, and waits until its promise is resolved.
   *
   * @returns the number of steps of the process since the last call of `count`
   */
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

  /**
   * Replaces a built-in method by a function that calls the method and counts its steps.
   *
   * @param stepsOf a function that is called before the method; it returns a second function, which computes the number
   *   of steps from the result of the method
   */
  private wrap(
    prototype: object,
    name: string,
    stepsOf: (self: never, ...args: unknown[]) => (result: unknown) => number,
  ): void {
    const methods = prototype as Record<string, Method>;
    const original = methods[name];
    if (original === undefined) throw new Error(`no built-in method ${name}`);
    const add = (steps: number): void => void (this.builtIn += steps);
    methods[name] = function counted(this: never, ...args): unknown {
      const steps = stepsOf(this, ...args);
      const result = original.apply(this, args);
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
