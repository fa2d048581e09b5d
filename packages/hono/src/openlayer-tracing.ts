import {
  type RequestTrace,
  RequestTracing,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { Context, MiddlewareHandler } from 'hono';
import { adapter } from './hono-adapter.js';
import { keepInner } from './inner-apps.js';

/** What the middleware adds to a context, for the `Variables` of an app: `new Hono<{ Variables: TraceVariables }>()`. */
export interface TraceVariables {
  /** The trace of this request. It is always there; where nothing is recorded it is an inert one. */
  trace: RequestTrace;
}

declare module 'hono' {
  interface ContextVariableMap extends TraceVariables {}
}

/**
 * Middleware that opens one trace per request and publishes it when the response truly ends. Mount it first. Mounted a
 * second time, it leads lost code back into the scope of its request's trace.
 *
 * @throws ConfigError where an option cannot work
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
    const trace = tracing.begin(c, c);
    c.set('trace', trace);
    try {
      await trace.run(next);
    } catch (error) {
      // Hono itself answers errors, and keeps them in `c.error`; what is no Error is thrown through everything.
      tracing.recordError(c, error);
      throw error;
    } finally {
      if (c.error !== undefined) tracing.recordError(c, c.error);
      try {
        keepInner(trace, c);
      } catch (error) {
        tracing.failed('inner', error);
      }
      tracing.takeInnerId(c);
      const following = tracing.appAnswered(c);
      if (following !== undefined) await following;
    }
  };
}
