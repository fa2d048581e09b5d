import type { IndexState } from '../storage/upkeep.js';
import type { Position } from '../trace-index/trace-index.js';
import type { ReadContext } from './read-handler.js';

/** The data that the reading thread starts with. */
export interface WorkerStart {
  readonly file: string;
  readonly indexFile: string;
  /** What an earlier thread has sent to the subscribers; undefined if there are none. */
  readonly sent: Position | undefined;
  /** Limit for both files together, in bytes. */
  readonly maxBytes: number | undefined;
}

export type ToWorker =
  | {
      readonly type: 'get';
      readonly readId: number;
      readonly path: string;
      readonly query: string;
      readonly context: ReadContext;
    }
  /** The client of a read has gone. */
  | { readonly type: 'cancel'; readonly readId: number }
  /** The file has new rows or changes. */
  | { readonly type: 'catch-up' }
  /** Events about the traces of a query from now on. */
  | { readonly type: 'subscribe'; readonly subscriberId: number; readonly query: string }
  | { readonly type: 'unsubscribe'; readonly subscriberId: number }
  | { readonly type: 'stop' };

export type FromWorker =
  /** `json` is a response. */
  | { readonly type: 'response'; readonly readId: number; readonly json: string }
  | {
      readonly type: 'refusal';
      readonly readId: number;
      readonly status: number;
      readonly message: string;
      readonly isViolation: boolean;
    }
  | { readonly type: 'caught-up'; readonly indexState: IndexState }
  /** New rows could not be indexed. Not sent again before some could. */
  | { readonly type: 'failed'; readonly reason: string }
  /** The subscribers have been sent everything up to here. */
  | { readonly type: 'sent'; readonly upTo: Position }
  | {
      readonly type: 'event';
      readonly subscriberId: number;
      readonly json: string;
      readonly traces: number;
    };
