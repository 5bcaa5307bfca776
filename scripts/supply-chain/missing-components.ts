/** The parts of a CycloneDX bill of materials that the check reads. */
export interface Bill {
  readonly bomFormat?: string;
  readonly components?: readonly {
    /**
     * The name of the folder. It differs from the package name if package.json overrides the package with another one.
     */
    readonly name: string;
    /** `name@version` of the package in that folder. */
    readonly 'bom-ref': string;
  }[];
}

/** The parts of package-lock.json that the checks read. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** Present only if it differs from the name of the folder. */
  readonly name?: string;
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  /** An SPDX expression. */
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Returns the packages, as `name@version`, that are installed for production and missing in the bill. */
export function missingComponents(bill: Bill, lock: Lock): string[] {
  if (bill.bomFormat !== 'CycloneDX') throw new Error('not a CycloneDX bill of materials');
  const listed = new Set((bill.components ?? []).map((component) => component['bom-ref']));
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path, { name = path.split('node_modules/').at(-1), version }]) => `${name ?? ''}@${version ?? ''}`)
    .filter((component) => !listed.has(component));
}
