/** A microversion of Nova's API, such as 2.51. Microversions can be compared. */
export class Microversion {
  private constructor(
    readonly major: number,
    readonly minor: number,
    private readonly text: string,
  ) {}

  static of(major: number, minor: number): Microversion {
    return new Microversion(major, minor, `${major}.${minor}`);
  }

  /** Parses a text such as `2.51`. Returns undefined for a text in another format. */
  static parse(text: string): Microversion | undefined {
    const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
    return match === null ? undefined : new Microversion(Number(match[1]), Number(match[2]), text);
  }

  /**
   * Returns a negative number if this version is older than `other`, 0 if they are equal, and a positive number if this
   * version is newer.
   */
  compare(other: Microversion): number {
    return this.major - other.major || this.minor - other.minor;
  }

  /** Returns true if this version is equal to or newer than `other`. */
  atLeast(other: Microversion): boolean {
    return this.compare(other) >= 0;
  }

  toString(): string {
    return this.text;
  }
}

/** The oldest supported version. A request without a version header uses it. */
export const OLDEST_MICROVERSION = Microversion.of(2, 1);

/** The newest supported version. A request for `latest` uses it. */
export const NEWEST_MICROVERSION = Microversion.of(2, 103);
