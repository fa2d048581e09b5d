/** Where the reader was in each list. */

interface Place {
  /** Pixels above the first row that was seen. */
  readonly top: number;
  /** The number of the trace that was opened, or of the one in the same list that was read after it. */
  readonly number: number;
}

/** By the keys of the lists. */
const places = new Map<string, Place>();

export function keptPlace(key: string): Place | undefined {
  return places.get(key);
}

export function keepPlace(key: string, place: Place): void {
  places.set(key, place);
}

/** Another trace of the list is read, without a return to it. */
export function moveKeptPlace(key: string, number: number): void {
  const place = places.get(key);
  if (place !== undefined) places.set(key, { ...place, number });
}
