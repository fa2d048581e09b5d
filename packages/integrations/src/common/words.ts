/** Arrays and sets of words of an API: names of fields, types or methods. */

/** The words of a text, which white space separates. */
export function wordArray(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** The words of a text as a set. */
export function wordSet(text: string): ReadonlySet<string> {
  return new Set(wordArray(text));
}

export const NO_WORDS: ReadonlySet<string> = new Set();
