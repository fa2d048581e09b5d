import type { EventEmitter } from 'node:events';
import type { Checker } from '../check.js';
import type { Reply } from '../reply.js';
import type { LocalServerEvents } from '../server.js';
import type { Store } from '../store.js';

/** One request, taken apart. */
export interface Call {
  readonly pipelineId: string;
  /** From the path; undefined where the path names the collection. */
  readonly inferenceId: string | undefined;
  readonly query: URLSearchParams;
  /** The path as it was sent, without the query. */
  readonly path: string;
  /** By which name the client reached us. */
  readonly host: string;
  /** The body as JSON; throws a Refusal if it is none. */
  json(): unknown;
}

/** What the routes work on. */
export interface Backend {
  readonly store: Store;
  readonly checker: Checker;
  readonly events: EventEmitter<LocalServerEvents>;
}

export type Route = (call: Call, backend: Backend) => Reply;
