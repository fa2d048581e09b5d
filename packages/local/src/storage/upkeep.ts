import type { Store } from './store.js';

export interface IndexSize {
  readonly bytes: number;
  readonly lastChange: number;
}

export interface UpkeepOptions {
  /** Rows that came longer ago than this are deleted, in milliseconds. */
  readonly maxAgeMs: number | undefined;
  /** The oldest rows are deleted while the files are larger than this, in bytes. */
  readonly maxBytes: number | undefined;
  /** Removes attachments that were uploaded before a time. */
  readonly removeAttachments: (before: number) => void;
  /** The size of the index, and the last change of a row that it had then. */
  readonly index: () => IndexSize;
  /** Called with a reason for which something could not be deleted, once for each reason. */
  readonly onFailure: (message: string) => void;
}

const EVERY_MS = 5000;
/** Rows that are deleted at a time, and the pause after them, in which new rows are stored. */
const SLICE = 200;
const PAUSE_MS = 20;
/** Pages that are given back to the file system at a time. */
const PAGES = 1000;
/** Reasons that are reported. */
const MAX_FAILURES = 20;

/**
 * Deletes rows that are too old or too many, and keeps the files short, in small slices. What fails, as everything does on a
 * full disk, is tried again at the next check.
 * @returns a function that stops it
 */
export function startUpkeep(store: Store, options: UpkeepOptions): () => void {
  const { maxAgeMs, maxBytes, removeAttachments, index, onFailure } = options;
  const failures = new Set<string>();
  let timer = setTimeout(upkeep, EVERY_MS).unref();
  let writes = store.writes;
  let isCheckpointed = false;

  function upkeep(): void {
    const isBusy = attempt(deleteSome) ?? false;
    timer = setTimeout(upkeep, isBusy ? PAUSE_MS : EVERY_MS).unref();
    if (!isBusy) attempt(checkpointOnce);
  }

  /** The result; undefined if the function throws. */
  function attempt<T>(fn: () => T): T | undefined {
    try {
      return fn();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (failures.size < MAX_FAILURES && !failures.has(message)) {
        failures.add(message);
        onFailure(message);
      }
      return undefined;
    }
  }

  function checkpointOnce(): void {
    if (store.writes !== writes) {
      writes = store.writes;
      isCheckpointed = false;
    } else if (!isCheckpointed) {
      // Nothing was written since the last check.
      store.checkpoint();
      isCheckpointed = true;
    }
  }

  /** @returns whether there may be more to delete */
  function deleteSome(): boolean {
    let deleted = 0;
    if (maxAgeMs !== undefined) {
      const before = Date.now() - maxAgeMs;
      attempt(() => removeAttachments(before));
      deleted += store.removeOldest(SLICE, before);
    }
    if (maxBytes !== undefined && isLargerThan(maxBytes)) deleted += store.removeOldest(SLICE);
    if (deleted === 0) return false;
    store.shrink(PAGES);
    return true;
  }

  /** While the index lacks changes, its size still includes rows that are deleted, so only the size of the rows counts. */
  function isLargerThan(limit: number): boolean {
    const { usedBytes } = store;
    if (usedBytes > limit) return true;
    const { bytes, lastChange } = index();
    return usedBytes + bytes > limit && lastChange >= store.lastChange;
  }

  return () => clearTimeout(timer);
}
