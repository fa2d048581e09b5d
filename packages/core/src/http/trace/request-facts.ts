/** What the trace of a request is given to read: the request of a framework, its later id, and its response. */

import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { ResponseFacts } from '../body/body-facts.js';

/** Facts of a request that are known at its end. */
export interface RequestDetails {
  /** The route pattern; undefined if no route matched. */
  readonly route: string | undefined;
  /** Without a route, the pattern of the mount that handled the request, such as `/assets`. */
  readonly mount: string | undefined;
  /** Without the query, and with secret parameters masked. */
  readonly path: string;
  /** The result of the option `name`. */
  readonly name: string | undefined;
}

/** Where a framework runs code for a request: handlers of a route, middleware below a mount, or middleware of the app. */
export type Place = 'route' | 'mount' | 'app';

/** Reads the request of a framework for its trace. */
export interface RequestReader {
  /** Whether the trace began with this request. */
  isOf(req: object): boolean;
  /** Captures what the framework has cached of the body by now. */
  readCachedBody(): void;
  /** Reads facts of the place that may not be readable at the end. The last place before the response counts. */
  readAtPlace(trace: RecordedTrace, place: Place): void;
  /** Whether the details are read in a microtask after the end: functions of the app are called, or the app has not run yet. */
  readonly isReadLater: boolean;
  /** Bytes of the request's body that were captured; 0 without such a body. */
  readonly capturedBytes: number;
  /**
   * Reads what is known at the end of the trace, and what the app may change after it.
   * @param path of the request, without the query
   * @returns the facts for its name and metadata
   */
  readAtEnd(trace: RecordedTrace, path: string): RequestDetails;
  /** Records the inputs that the reader has captured by then, unless there are others. */
  recordInputs(trace: RecordedTrace): void;
  /** Replaces the former id in the response header, if it can still be changed. */
  replaceEchoedId(before: string, inferenceId: string): void;
}

/** The inference ID that the app itself may create for a request after its trace began. */
export interface LaterId {
  /** The id, registered; undefined while there is none. */
  read(): string | undefined;
}

/** A response that is followed to its end. */
export interface FollowedResponse {
  /** The facts known now. */
  facts(): ResponseFacts;
  /** The trace was abandoned, and the response goes on: settles it again as aborted if the client leaves. */
  followClient(): void;
}
