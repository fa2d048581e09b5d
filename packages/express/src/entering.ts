/** Lets us hear when a route's handler runs, and lead it back where the scope of its request was lost. */

import type { RequestTrace } from '@openlayer-tracing/core/adapter';
import type { Request, RequestHandler } from 'express';

/** @returns the trace where the handler has to be led back into it. */
export type OnRoute = (req: Request) => RequestTrace | undefined;

/** A handler that says so when it runs, and then does what the one that it stands for does. */
export function entering(original: RequestHandler, onRoute: OnRoute): RequestHandler {
  const entered: RequestHandler = function (this: unknown, req, res, next) {
    const trace = onRoute(req);
    if (trace === undefined) return original.call(this, req, res, next);
    return trace.run(() => original.call(this, req, res, next));
  };
  Object.defineProperty(entered, 'name', { value: original.name });
  return entered;
}
