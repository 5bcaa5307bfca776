/** A bill of materials in CycloneDX's form, as far as it is looked at. */
export interface Bill {
  readonly bomFormat?: string;
  readonly components?: readonly {
    /** Of the folder, also where another package takes its place. */
    readonly name: string;
    /** `name@version` of the package itself. */
    readonly 'bom-ref': string;
  }[];
}

/** A package's lock, as far as it is looked at. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** Only where it differs from the name of the folder. */
  readonly name?: string;
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  /** An SPDX expression. */
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Packages, as `name@version`, that are installed for production and that the bill does not list. */
export function missingComponents(bill: Bill, lock: Lock): string[] {
  if (bill.bomFormat !== 'CycloneDX')
    throw new Error('this is no bill of materials in the form of CycloneDX');
  const listed = new Set((bill.components ?? []).map((component) => component['bom-ref']));
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path, { name = path.split('node_modules/').at(-1), version }]) => `${name ?? ''}@${version ?? ''}`)
    .filter((component) => !listed.has(component));
}
