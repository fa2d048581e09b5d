import { Refusal } from '../http/refusal.js';
import type { IndexState } from '../storage/upkeep.js';
import type { Emit } from './live-events.js';
import type { ReadContext } from './read-handler.js';

/** Does the reads of the page's API, and sends the events about traces. */
export interface Reader {
  /**
   * The JSON of a response.
   * @param path below `/api/`
   * @param signal ends the read
   * @throws Refusal, or the reason of the signal
   */
  get(path: string, query: string, context: ReadContext, signal?: AbortSignal): Promise<string>;
  /** The index when it last caught up. */
  readonly indexState: IndexState;
  /** Sends events about the traces of a query until the returned function is called. @throws Refusal 400 */
  subscribe(query: string, emit: Emit): () => void;
  close(): Promise<void>;
}

/** Thrown by a read if nothing can read the index now. */
export class ReaderUnavailable extends Refusal {
  constructor(reason: string) {
    super(503, reason, { isViolation: false });
  }
}

export interface ReaderOptions {
  /** Limit for the traces file and its index together, in bytes. */
  readonly maxBytes: number | undefined;
  /** Called with the reason for which new traces could not be indexed, but not again before some could. */
  readonly onFailure: (reason: string) => void;
}

/** Shortest time between two catch-ups. */
const CATCH_UP_EVERY_MS = 100;

/** How long a catch-up has to wait; 0 if the last one is long ago, so that a single row is indexed at once. */
export function catchUpDelayMs(caughtUpAt: number): number {
  return Math.max(0, caughtUpAt + CATCH_UP_EVERY_MS - performance.now());
}
