/** An app of each framework whose handler uses Node's own request and response. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Tracer } from '@openlayer-tracing/core';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import { Hono } from 'hono';
import { expressVersions } from '../express/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

/** Node's request and response, over HTTP/1 or HTTP/2. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: Parameters<RequestListener>[1];
}

export type Handle = (exchange: Exchange) => void;
export type Make = (tracer: Tracer, handle: Handle) => RequestListener;

const EXPRESS: Record<string, Make> = {};
for (const { name, express } of expressVersions) {
  EXPRESS[name] = (tracer, handle) => {
    const app = express();
    app.set('env', 'test');
    app.use(forExpress({ tracer }));
    app.use((req, res) => handle({ req, res }));
    return app;
  };
}

/** Apps that serve HTTP/2 too. */
export const HTTP2_APPS: Record<string, Make> = {};
for (const { name, Koa } of koaVersions) {
  HTTP2_APPS[name] = (tracer, handle) => {
    const app = new Koa();
    app.silent = true;
    app.use(forKoa({ tracer }));
    app.use((ctx) => {
      ctx.respond = false;
      handle(ctx);
    });
    return app.callback();
  };
}
HTTP2_APPS.Hono = (tracer, handle) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(forHono({ tracer }));
  app.all('/', async (c) => {
    handle({ req: c.env.incoming, res: c.env.outgoing });
    // The server destroys an upload that is not read when the handler returns.
    await new Promise((resolve) => c.env.outgoing.once('close', resolve));
    return RESPONSE_ALREADY_SENT;
  });
  return getRequestListener(app.fetch) as RequestListener;
};

export const NODE_APPS: Readonly<Record<string, Make>> = { ...EXPRESS, ...HTTP2_APPS };
