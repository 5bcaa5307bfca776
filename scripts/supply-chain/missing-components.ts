/** The parts of a CycloneDX bill of materials that the check reads. */
export interface Bill {
  readonly bomFormat?: string;
  readonly components?: readonly {
    /**
     * The name of the folder in node_modules. It differs from the name of the package if package.json overrides a
     * package with another one.
     */
    readonly name: string;
    /** The package that is installed in the folder `name`, as `name@version`. */
    readonly 'bom-ref': string;
  }[];
}

/** The parts of package-lock.json that the checks read. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** The name of the package; undefined if it is the name of the folder. */
  readonly name?: string;
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  /** The licence, as an SPDX expression. */
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Returns the packages that are installed for production but missing in the bill, as `name@version`. */
export function missingComponents(bill: Bill, lock: Lock): string[] {
  if (bill.bomFormat !== 'CycloneDX') throw new Error('not a CycloneDX bill of materials');
  const listed = new Set((bill.components ?? []).map((component) => component['bom-ref']));
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path, { name = path.split('node_modules/').at(-1), version }]) => `${name ?? ''}@${version ?? ''}`)
    .filter((component) => !listed.has(component));
}
