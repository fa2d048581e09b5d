import {
  type RequestTrace,
  RequestTracing,
  recordRequestError,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { Context, MiddlewareHandler } from 'hono';
import { adapter } from './hono-adapter.js';
import { rememberMountedContext } from './mounted-apps.js';

/** The variables that the middleware sets, for the type of an app: `new Hono<{ Variables: TraceVariables }>()`. */
export interface TraceVariables {
  /** The trace of this request. Never undefined: if nothing is recorded, it is an inert trace. */
  trace: RequestTrace;
}

declare module 'hono' {
  interface ContextVariableMap extends TraceVariables {}
}

/**
 * Middleware that opens one trace for each request and publishes it at the true end of the response: sent, aborted or failed.
 * Mount it first: requests that earlier middleware responds to are not traced. Mounted a second time, it restores the scope of
 * the request's trace for code that lost it.
 *
 * @throws ConfigError if an option is wrong
 *
 * @example
 * const app = new Hono();
 * app.use(openlayerTracing());
 * app.post('/chat', async (c) => {
 *   const { question } = await c.req.json();
 *   const answer = await c.var.trace.step('answer', () => model.answer(question));
 *   return c.json({ answer });
 * });
 */
export function openlayerTracing(options: TracingOptions<Context> = {}): MiddlewareHandler {
  const tracing = new RequestTracing(options, adapter);
  return async function openlayerTracing(c, next): Promise<void> {
    const isOutermost = !tracing.hasTrace(c);
    const trace = tracing.startTrace(c, c);
    c.set('trace', trace);
    try {
      await trace.run(next);
    } catch (error) {
      // Hono handles Errors and sets `c.error`. Other thrown values pass through all middleware.
      recordRequestError(c, error);
      throw error;
    } finally {
      if (c.error !== undefined) recordRequestError(c, c.error);
      rememberMountedContext(c);
      tracing.useAppId(c);
      // Only the outermost middleware, since outer ones may still change the response.
      const following = isOutermost ? tracing.responseReturned(c) : undefined;
      if (following !== undefined) await following;
    }
  };
}
