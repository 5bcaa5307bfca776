import { isRecord } from '../../common/is-record.js';

/**
 * Returns the flavor of a server as a JSON text with its name, its id and its sizes.
 *
 * @param text the column `flavor` of `instance_extra`: JSON with the objects `cur`, `old` and `new`, in the format of
 * oslo.versionedobjects. A server that is not in the middle of a resize has only `cur`
 * @returns null if the text is not such JSON
 */
export function currentFlavor(text: string | null): string | null {
  if (text === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const object = isRecord(parsed) ? parsed['cur'] : undefined;
  const data = isRecord(object) ? object['nova_object.data'] : undefined;
  if (!isRecord(data)) return null;
  const { name, flavorid: id, vcpus, memory_mb, root_gb, ephemeral_gb, swap } = data;
  return JSON.stringify({ name, id, vcpus, memory_mb, root_gb, ephemeral_gb, swap });
}
