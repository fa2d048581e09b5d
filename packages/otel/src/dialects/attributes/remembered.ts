/** Remembers what was found for the names of attributes, since those of all spans are the same few. */

/** Longer names are in no table. */
export const MAX_NAME_CHARS = 1024;
/** An app that makes up names must not grow the map without bound. */
const MAX_REMEMBERED = 2000;

/** A function that returns what `find` returns, and remembers it. */
export function rememberedByName<T extends object>(find: (name: string) => T): (name: string) => T {
  const remembered = new Map<string, T>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const found = find(name);
    if (remembered.size < MAX_REMEMBERED && name.length <= MAX_NAME_CHARS) {
      remembered.set(name, found);
    }
    return found;
  };
}
