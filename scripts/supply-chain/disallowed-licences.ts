import type { Lock } from './missing-components.js';

/**
 * The licences that are allowed for packages that the service is distributed with. Each entry is a complete SPDX
 * expression.
 */
const FOR_RUN_TIME = new Set([
  '(BSD-2-Clause OR MIT OR Apache-2.0)',
  '(MIT OR WTFPL)',
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Python-2.0',
]);

/** Further licences that are allowed only for development tools. These tools are not distributed. */
const FOR_DEVELOPMENT = new Set([
  '(MIT OR CC0-1.0)',
  'Apache-2.0 AND MIT',
  // This is not an SPDX expression. A dictionary of the spelling check states its licence in this form.
  'CC BY-SA 4.0',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'WTFPL',
]);

/**
 * Checks the licences of all packages.
 *
 * @returns the packages whose licence is unknown or not allowed, as `name@version (licence)`
 */
export function disallowedLicences({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(([path, { dev, license }]) => path !== '' && !isAllowed(license, dev === true))
    .map(([path, { version, license }]) => {
      const name = path.split('node_modules/').at(-1) ?? '';
      return `${name}@${version ?? ''} (${license ?? 'no licence'})`;
    });
}

function isAllowed(licence: string | undefined, isForDevelopment: boolean): boolean {
  if (licence === undefined) return false;
  return FOR_RUN_TIME.has(licence) || (isForDevelopment && FOR_DEVELOPMENT.has(licence));
}
