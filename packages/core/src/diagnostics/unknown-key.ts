/** Keys that an object of options must not have: most are misspelled. */

/** The first key of the object that is not known; undefined if all are. */
export function unknownKeyIn(value: object, known: readonly string[]): string | undefined {
  return Object.keys(value).find((key) => !known.includes(key));
}

/**
 * The message for an unknown key. It names the key most likely meant, or all known ones.
 * @param owner what the known keys belong to, such as `update of a trace`; '' for the options themselves
 */
export function unknownKeyMessage(key: string, known: readonly string[], owner = ''): string {
  const meant = nearest(key, known);
  if (meant !== undefined) return `${key} is not known; did you mean ${meant}?`;
  if (known.length === 0) return `${key} is not known; ${owner} takes no options`;
  return `${key} is not known; ${owner === '' ? 'known keys:' : `${owner} takes`} ${known.join(', ')}`;
}

/** The known key that is most similar to a misspelled one; undefined if none is similar. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const misspelled = key.slice(0, 64).toLowerCase();
  let found: string | undefined;
  let minDistance = Math.max(1, Math.floor(misspelled.length / 3)) + 1;
  for (const each of known) {
    const distance = distanceOf(misspelled, each.toLowerCase());
    if (distance < minDistance) {
      minDistance = distance;
      found = each;
    }
  }
  return found;
}

/** Edit distance: insertions, deletions, replacements and swaps of neighbours (Damerau-Levenshtein). */
function distanceOf(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (isSame ? 0 : 1),
      );
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
