/** What is kept of the names that users give: the platform shows them in lists. */

const MAX_NAME_CHARS = 256;

/** A name of bounded length, or the other one where it is none. */
export function stepName(name: unknown, otherwise: string): string {
  if (typeof name !== 'string' || name === '') return otherwise;
  return name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}…` : name;
}

/** The key of a column or of metadata, cut where it is too long. */
export function keptKey(key: string): string {
  return key.length > MAX_NAME_CHARS ? key.slice(0, MAX_NAME_CHARS) : key;
}
