/** A microversion of Nova's API: a value with an order. */
export class Microversion {
  private constructor(
    readonly major: number,
    readonly minor: number,
    private readonly text: string,
  ) {}

  static of(major: number, minor: number): Microversion {
    return new Microversion(major, minor, `${major}.${minor}`);
  }

  /** @returns the version of a text such as `2.51`, or undefined for one of another form */
  static parse(text: string): Microversion | undefined {
    const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
    return match === null ? undefined : new Microversion(Number(match[1]), Number(match[2]), text);
  }

  /** Negative, zero or positive, as this version is before, the same as or after the other. */
  compare(other: Microversion): number {
    return this.major - other.major || this.minor - other.minor;
  }

  atLeast(other: Microversion): boolean {
    return this.compare(other) >= 0;
  }

  toString(): string {
    return this.text;
  }
}

/** What a caller gets who names no version. */
export const OLDEST_MICROVERSION = Microversion.of(2, 1);

/** The newest version that this service speaks; discovery, negotiation and `latest` all read it here. */
export const NEWEST_MICROVERSION = Microversion.of(2, 103);
