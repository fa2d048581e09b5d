/**
 * How core reads a framework's requests and follows them to their end. One stateless object serves all requests.
 */

import type { RequestBody } from '../body/request-body.js';
import type { RecordedRequestTrace } from '../trace/recorded-request-trace.js';

export interface RequestAdapter<Req extends object, Res> {
  /** Whether the framework swaps the prototype of requests before the middleware runs. @default false */
  readonly changesPrototypes?: boolean;
  /** Prepares the app of the request. Called before its trace begins. */
  prepare?(req: Req): void;
  method(req: Req): string;
  /** The path of the client's request, without the query. */
  path(req: Req): string;
  hasQuery(req: Req): boolean;
  query(req: Req): unknown;
  /** The parsed body, if a body parser has run. */
  body(req: Req): unknown;
  /** The files of a form, if a parser has described them: a file, an array of files, or an object of them by field. */
  files?(req: Req): unknown;
  /** The route's parameters, known once a route has matched. */
  params(req: Req): unknown;
  /** The pattern of the route that matched. */
  route(req: Req): string | undefined;
  /** Without a matching route, the pattern of the mount that handles the request, such as `/assets`. */
  mount?(req: Req): string | undefined;
  /** @param name in lower case */
  header(req: Req, name: string): string | undefined;
  /** Other objects for the same request, such as Node's own. */
  aliases?(req: Req): readonly object[];
  /** The trace of a request that is a proxy of another, or inherits from it by `Object.create(req)`. */
  traceOnRequest?(req: Req): unknown;
  /** For a framework whose handlers make requests within the process. */
  readonly innerRequests?: InnerRequests<Req>;
  /** The id that the app itself created for the request. It wins over the client's. */
  appId?(req: Req): string | undefined;
  /** A header that is already set on the response. */
  responseHeader(res: Res, name: string): unknown;
  /** Sets a header of the response, if that is still possible. */
  setResponseHeader(res: Res, name: string, value: string): void;
  /** A function that keeps the request alive for work after the response; undefined if nothing cancels such work. */
  waitUntil?(req: Req): ((work: Promise<void>) => void) | undefined;
  /**
   * Captures the body of the request while other code reads it.
   * @param maxBytes how many bytes are kept
   * @returns undefined for a request without a body
   */
  requestBody(req: Req, maxBytes: number): RequestBody | undefined;
  /** Follows the response to its end, and settles the trace there. */
  follow(trace: RecordedRequestTrace, req: Req, res: Res): void;
  /** A signal that aborts if the client leaves before it has the whole response, for a request that is not traced. */
  clientSignal?(req: Req, res: Res): AbortSignal | undefined;
  /** For a framework whose handlers return their response. */
  readonly returnedResponse?: ReturnedResponse<Req>;
}

/** Recognizes requests that a handler makes within the process. */
export interface InnerRequests<Req> {
  /** Whether the request may be one (`app.request()`), which belongs to the current trace. */
  mayBeInner(req: Req): boolean;
  /** Whether the request, which was made while `outer` is handled, is `outer` itself, passed on to another app. */
  isPassedOn(req: Req, outer: Req): boolean;
}

/** Reads and follows the response that the app has returned. */
export interface ReturnedResponse<Req> {
  /** Its status; undefined without a response. */
  readStatus(req: Req): number | undefined;
  /**
   * Follows the response, whose body may still be read.
   * @param idHeader response header to set to the inference ID, unless it is set; undefined for none
   */
  followReturned(
    trace: RecordedRequestTrace,
    req: Req,
    idHeader: string | undefined,
  ): Promise<void> | undefined;
}
