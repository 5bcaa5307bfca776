import { PythonFloat, type PythonValue } from './json.js';
import { isDict, pythonRepr } from './repr.js';

/**
 * Returns a text that is the same for two values if they are equal in JSON Schema: `1` and `1.0` are equal, but `1` and
 * `true` are not. The order of the keys in a dict does not matter.
 */
export function equalityKey(value: PythonValue): string {
  if (value instanceof PythonFloat && Number.isInteger(value.value)) return String(BigInt(value.value));
  if (isDict(value)) {
    const items = [...value].map(([key, item]) => `${pythonRepr(key)}: ${equalityKey(item)}`);
    return `{${items.sort().join(', ')}}`;
  }
  return Array.isArray(value) ? `[${value.map(equalityKey).join(', ')}]` : pythonRepr(value);
}
