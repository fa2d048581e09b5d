const MAX_VALUES = 100_000;

/** Limits how many values of one content are visited: in a graph whose objects refer to each other, the paths have no end. */
export class Visits {
  #left = MAX_VALUES;

  /** @returns whether the items of an object or array with this many may be visited too. One that is refused does not count. */
  mayVisit(items: number): boolean {
    if (items >= this.#left) return false;
    this.#left -= items + 1;
    return true;
  }
}

/**
 * Returns what `change` makes of a content; the content itself if code of it throws, such as a getter, which core records as a
 * mark.
 */
export function changedContent(content: unknown, change: (visits: Visits) => unknown): unknown {
  try {
    return change(new Visits());
  } catch {
    return content;
  }
}
