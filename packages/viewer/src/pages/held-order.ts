interface Identified {
  readonly id: string;
}

/**
 * Rows in the order in which they are shown, with their latest facts: a reader points at one of them. Rows that are new above
 * the last one that is shown are held; those below it follow.
 */
export function inShownOrder<T extends Identified>(
  shown: readonly Identified[],
  latest: readonly T[],
): { readonly rows: readonly T[]; readonly held: number } {
  const byId = new Map(latest.map((each) => [each.id, each]));
  const known = shown.flatMap(({ id }) => byId.get(id) ?? []);
  const isKnown = new Set(known.map(({ id }) => id));
  const last = latest.findLastIndex(({ id }) => isKnown.has(id));
  const below = latest.slice(last + 1);
  return { rows: [...known, ...below], held: latest.length - known.length - below.length };
}
