interface KeyedRows {
  readonly count: number;
  readonly keyAt: (index: number) => string | number;
}

/** If the row is gone, a row so far below it is followed. */
const MAX_GONE = 200;

/** By how many places a row moved; of one that is gone, the next below it that is not; undefined if none is there. */
export function movedIndex(before: KeyedRows, now: KeyedRows, index: number): number | undefined {
  const isSame = index < now.count && now.keyAt(index) === before.keyAt(index);
  if (isSame) return 0;
  const places = new Map<string | number, number>();
  for (let place = 0; place < now.count; place++) places.set(now.keyAt(place), place);
  const last = Math.min(before.count, index + MAX_GONE);
  for (let below = index; below < last; below++) {
    const place = places.get(before.keyAt(below));
    // The rows between that are gone leave their room to it.
    if (place !== undefined) return place - index;
  }
  return undefined;
}
