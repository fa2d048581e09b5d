/** What core asks of a framework. One object for all requests: it holds nothing of any of them. */

import type { RequestBody } from './request-body.js';
import type { RecordedRequest } from './request-trace.js';

export interface RequestAdapter<Req extends object, Res> {
  /** Whether the framework has changed the prototype of a request when the middleware runs. */
  readonly changesPrototypes?: boolean;
  method(req: Req): string;
  /** As the client asked for it, without the query. */
  path(req: Req): string;
  hasQuery(req: Req): boolean;
  query(req: Req): unknown;
  /** What a body parser has made of the body so far. */
  body(req: Req): unknown;
  /** The route's parameters, known once a route has matched. */
  params(req: Req): unknown;
  /** The pattern of the route that matched. */
  route(req: Req): string | undefined;
  /** Where no route matched, the pattern under which what runs is mounted, such as `/assets`. */
  mount?(req: Req): string | undefined;
  /** @param name in lower case */
  header(req: Req, name: string): string | undefined;
  /** Other objects that stand for the same request, such as the framework's raw one. */
  aliases?(req: Req): readonly object[];
  /** What the request shows as its trace: behind `Object.create(req)` or a proxy, that of another object. */
  shown?(req: Req): unknown;
  /** Whether the app may have made the request itself, of one that it answers: then it is part of that one's trace. */
  mayBeInner?(req: Req): boolean;
  /** An id that the app itself has made for the request. It wins over the client's. */
  madeId?(req: Req): string | undefined;
  /** A header of the answer that is set already. */
  answerHeader(res: Res, name: string): unknown;
  /** Sets a header of the answer, where that is still possible. */
  setAnswerHeader(res: Res, name: string, value: string): void;
  /** Has the platform wait for work of ours, where it ends everything else with the answer. */
  holdOpen?(req: Req): ((work: Promise<void>) => void) | undefined;
  /**
   * Follows the exchange to its end, and settles the trace there.
   * @returns the request's body; undefined where it has none
   */
  follow(trace: RecordedRequest, req: Req, res: Res, maxBytes: number): RequestBody | undefined;
  /**
   * Hears that the app has answered: what is left is the answer's body.
   * @param idHeader in which the answer is to carry the id back, unless it does
   */
  answered?(
    trace: RecordedRequest,
    res: Res,
    idHeader: string | undefined,
  ): Promise<void> | undefined;
}
