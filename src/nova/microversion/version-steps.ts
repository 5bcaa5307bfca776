import { Microversion, NEWEST_MICROVERSION, OLDEST_MICROVERSION } from './microversion.js';

/** The microversions of a step. Without `to`, the step ends at the newest one. */
export interface VersionRange {
  readonly from: string;
  readonly to?: string;
}

/** A value and its microversions; both ends are included. */
export interface VersionStep<Value> {
  readonly from: Microversion;
  readonly to: Microversion;
  readonly value: Value;
}

/** Values that change with the microversion. Together, their steps cover all microversions without gaps. */
export class VersionSteps<Value> {
  private readonly steps: readonly VersionStep<Value>[];

  /**
   * @param kind the name of a step in messages: `query step`
   * @throws Error if the steps have a gap, overlap, or do not cover all versions
   */
  constructor(
    private readonly kind: string,
    steps: readonly (readonly [VersionRange, Value])[],
  ) {
    this.steps = steps.map(([{ from, to }, value]) => ({
      from: version(from),
      to: to === undefined ? NEWEST_MICROVERSION : version(to),
      value,
    }));
    let next = OLDEST_MICROVERSION;
    for (const { from, to } of this.steps) {
      if (from.compare(next) !== 0) throw new Error(`a ${kind} starts at ${from}, but must start at ${next}`);
      if (!to.atLeast(from)) throw new Error(`a ${kind} ends at ${to}, before its start at ${from}`);
      next = Microversion.of(to.major, to.minor + 1);
    }
    if (NEWEST_MICROVERSION.atLeast(next)) throw new Error(`no ${kind} covers ${next}`);
  }

  /**
   * Returns the value of the step that covers a microversion.
   *
   * @throws Error for a version above the newest; the negotiation has already rejected such a version
   */
  at(requested: Microversion): Value {
    const step = this.steps.find(({ to }) => to.atLeast(requested));
    if (step === undefined) throw new Error(`no ${this.kind} covers ${requested}`);
    return step.value;
  }

  /** The values of all steps, oldest first, with the first and the last microversion of each. */
  get all(): readonly VersionStep<Value>[] {
    return this.steps;
  }
}

function version(text: string): Microversion {
  const parsed = Microversion.parse(text);
  if (parsed === undefined) throw new Error(`${text} is not a microversion`);
  return parsed;
}
