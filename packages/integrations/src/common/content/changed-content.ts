/** Changes parts of a content, without copying what stays as it is. */

import type { JsonObject } from '../json.js';

const MAX_VALUES = 100_000;

/** A budget of values of one content to visit: in a graph whose objects refer to each other, the paths have no end. */
export class Visits {
  #left = MAX_VALUES;

  /**
   * Takes an object or array and its items from the budget.
   * @returns false, taking nothing, if they exceed it
   */
  spend(items: number): boolean {
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

/** The items as `change` returns them; the array itself if nothing has changed. */
export function changedItems<T>(
  items: readonly T[],
  change: (item: T) => unknown,
): readonly unknown[] {
  const changed = items.map(change);
  return changed.some((item, i) => item !== items[i]) ? changed : items;
}

/** The fields with the values that `change` returns, in the same order; the object itself if nothing has changed. */
export function changedFields(
  fields: JsonObject,
  change: (name: string, value: unknown) => unknown,
  entries = Object.entries(fields),
): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of entries) {
    const changed = change(name, value);
    if (changed === value) continue;
    copy ??= { ...fields };
    copy[name] = changed;
  }
  return copy ?? fields;
}
