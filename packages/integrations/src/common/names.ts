/** Arrays and sets of names of an API: of fields, types or methods. */

/** The names in a text, in which white space separates them. */
export function nameArray(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** The names in a text as a set. */
export function nameSet(text: string): ReadonlySet<string> {
  return new Set(nameArray(text));
}

export const NO_NAMES: ReadonlySet<string> = new Set();
