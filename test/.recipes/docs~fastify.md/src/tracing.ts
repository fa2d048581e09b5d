












// src/tracing.ts
import { getTrace, openlayerTracing } from '@openlayer-tracing/express';
import type { FastifyInstance } from 'fastify';

/** Call it once a plugin has given the app its `use()`, and before the routes. */
export function traceFastify(app: FastifyInstance, use: (middleware: unknown) => unknown): void {
  use(openlayerTracing());

  app.addHook('preHandler', async (request) => {
    const { url } = request.routeOptions;
    const trace = getTrace(request.raw);
    if (url !== undefined) trace?.update({ name: `${request.method} ${url}` });
    trace?.update({ metadata: { params: request.params } });
  });

  app.addHook('onError', async (request, _reply, error) => {
    getTrace(request.raw)?.recordError(error);
  });
}
