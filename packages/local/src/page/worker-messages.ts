import type { Position } from '../trace-index/trace-index.js';
import type { ReadContext } from './reads.js';

/** The data that the reading thread starts with. */
export interface WorkerStart {
  readonly file: string;
  readonly indexFile: string;
  /** What an earlier thread has sent to the subscribers; undefined if there are none. */
  readonly sent: Position | undefined;
  /** The limit for both files, in bytes. */
  readonly maxBytes: number | undefined;
}

export type ToWorker =
  | {
      readonly type: 'get';
      readonly id: number;
      readonly path: string;
      readonly query: string;
      readonly context: ReadContext;
    }
  /** The client of a read has gone. */
  | { readonly type: 'cancel'; readonly id: number }
  /** The file has new rows or changes. */
  | { readonly type: 'catch-up' }
  /** Events about the traces of a query from now on. */
  | { readonly type: 'subscribe'; readonly id: number; readonly query: string }
  | { readonly type: 'unsubscribe'; readonly id: number }
  | { readonly type: 'stop' };

export type FromWorker =
  /** `json` is a response. */
  | { readonly type: 'response'; readonly id: number; readonly json: string }
  | {
      readonly type: 'refusal';
      readonly id: number;
      readonly status: number;
      readonly message: string;
      readonly isViolation: boolean;
    }
  | { readonly type: 'caught-up'; readonly lastChange: number; readonly indexBytes: number }
  /** The subscribers have been sent everything up to here. */
  | { readonly type: 'sent'; readonly upTo: Position }
  | {
      readonly type: 'event';
      readonly id: number;
      readonly json: string;
      readonly traces: number;
    };
