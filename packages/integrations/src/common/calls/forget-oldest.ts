/**
 * Deletes the oldest key of a map or set that has more than `max`. For collections in process-wide slots too, which other versions
 * of this package read: a class of our own would not do there.
 * @param onForget called with the deleted key
 */
export function forgetOldest<Key>(
  keyed: Set<Key> | Map<Key, unknown>,
  max: number,
  onForget?: (key: Key) => void,
): void {
  if (keyed.size <= max) return;
  for (const key of keyed.keys()) {
    keyed.delete(key);
    onForget?.(key);
    return;
  }
}
