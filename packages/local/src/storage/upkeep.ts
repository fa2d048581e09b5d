import { errorMessage } from '../values/error-message.js';
import type { Store } from './store.js';

/** What deletions need to know of the index. */
export interface IndexState {
  /** Bytes of the index that are in use. */
  readonly bytes: number;
  /** Id of the last change of a row that the index had then. */
  readonly lastChange: number;
}

export interface UpkeepOptions {
  /** Rows that arrived longer ago than this, in milliseconds, are deleted. */
  readonly maxAgeMs: number | undefined;
  /**
   * Limit for the traces file and its index together, in bytes: beyond it the oldest rows are deleted, but for the newest one.
   * Requests whose spans are in no row yet come on top.
   */
  readonly maxBytes: number | undefined;
  /** Removes attachments that were uploaded before a time. */
  readonly removeAttachments: (before: number) => void;
  /** The index when it last caught up. */
  readonly indexState: () => IndexState;
  /** Called with a reason for which something could not be deleted, once for each reason. */
  readonly onFailure: (message: string) => void;
}

/** Time between two checks. */
const CHECK_EVERY_MS = 5000;
/** Rows that are deleted at a time, and the pause after them, so that new rows are stored meanwhile. */
const ROWS_AT_A_TIME = 200;
const PAUSE_MS = 20;
/** Pages that are given back to the file system at a time. */
const PAGES_AT_A_TIME = 1000;
/** Reasons that are reported. */
const MAX_REASONS = 20;

/**
 * Deletes rows that are too old or too many, and keeps the files short, in small slices. What fails, as everything does on a
 * full disk, is tried again at the next check.
 * @returns a function that stops it
 */
export function startUpkeep(store: Store, options: UpkeepOptions): () => void {
  const { maxAgeMs, maxBytes, removeAttachments, indexState, onFailure } = options;
  const failures = new Set<string>();
  let timer = setTimeout(upkeep, CHECK_EVERY_MS).unref();
  let writes = store.writes;
  let isCheckpointed = false;

  function upkeep(): void {
    const hasDeleted = attempt(deleteSome) ?? false;
    // Updates and deletions by clients free pages too.
    const hasShrunk = attempt(() => store.shrink(PAGES_AT_A_TIME)) ?? false;
    if (hasShrunk) isCheckpointed = false;
    const isBusy = hasDeleted || hasShrunk;
    timer = setTimeout(upkeep, isBusy ? PAUSE_MS : CHECK_EVERY_MS).unref();
    if (!isBusy) attempt(checkpointOnce);
  }

  /** The result; undefined if the function throws. */
  function attempt<T>(fn: () => T): T | undefined {
    try {
      return fn();
    } catch (error) {
      const message = errorMessage(error);
      if (failures.size < MAX_REASONS && !failures.has(message)) {
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
      isCheckpointed = store.checkpoint();
    }
  }

  /** @returns whether there may be more to delete */
  function deleteSome(): boolean {
    let deleted = 0;
    if (maxAgeMs !== undefined) {
      const before = Date.now() - maxAgeMs;
      attempt(() => removeAttachments(before));
      deleted += store.removeOlderThan(before, ROWS_AT_A_TIME);
    }
    const bytes = maxBytes === undefined ? undefined : bytesToKeep(maxBytes);
    if (bytes !== undefined) deleted += store.removeDownTo(bytes, ROWS_AT_A_TIME);
    return deleted > 0;
  }

  /**
   * How many bytes the rows may keep of the limit; undefined if they are within it. The index shrinks with the rows. While it lacks
   * changes, its size still includes rows that are deleted, so only the size of the rows counts.
   */
  function bytesToKeep(limit: number): number | undefined {
    const { bytes, lastChange } = indexState();
    if (store.usedBytes + bytes <= limit) return undefined;
    const { rowBytes } = store;
    if (rowBytes > limit) return limit;
    const both = rowBytes + bytes;
    return both > limit && lastChange >= store.lastChange ? (rowBytes * limit) / both : undefined;
  }

  return () => clearTimeout(timer);
}
