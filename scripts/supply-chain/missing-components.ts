/** A bill of materials in CycloneDX's form, as far as it is looked at. */
export interface Bill {
  readonly bomFormat?: string;
  readonly components?: readonly { readonly name: string; readonly version: string }[];
}

/** A package's lock, as far as it is looked at. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
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
  const listed = new Set((bill.components ?? []).map(({ name, version }) => `${name}@${version}`));
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1) ?? ''}@${version ?? ''}`)
    .filter((component) => !listed.has(component));
}
