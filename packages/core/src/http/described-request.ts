/** A request as its framework and the user's options describe it, whatever the framework is. */

import type { RecordedRequest } from './request-trace.js';

/** What only the framework and the user's options know, at the end. */
export interface RequestDetails {
  /** The route pattern, where the framework knows it. */
  readonly route: string | undefined;
  /** Where no route is known, the pattern under which what answered is mounted, such as `/assets`. */
  readonly mount: string | undefined;
  /** Without the query and without the values of secret parameters. */
  readonly path: string;
  readonly name: string | undefined;
}

/** What the framework is about to run for a request: the handlers of a route, or middleware below a mount or of the app. */
export type Place = 'route' | 'mount' | 'app';

/** The request as the framework sees it. */
export interface DescribedRequest {
  /** Whether the trace began with this request. */
  isOf(req: object): boolean;
  /** Hears that the app has answered. */
  readAnswer(trace: RecordedRequest): Promise<void> | undefined;
  /** Reads what is known of the place, where that may be gone at the end. The last one before the response counts. */
  enter(trace: RecordedRequest, place: Place): void;
  /** Completes the trace by what is known at its end. */
  describe(trace: RecordedRequest): RequestDetails;
  /** An id that the app has made for the request meanwhile; told once, and not where the trace was given another. */
  madeId(trace: RecordedRequest): string | undefined;
  /** Has the answer carry the new id, where it carries the former one and that can still be changed. */
  renamed(before: string, inferenceId: string): void;
}
