/** A Hono context as core sees requests and their answers. */

import {
  followResponse,
  nodeRequestBody,
  type RequestAdapter,
  readStreamInScope,
  setAnswerHeader,
  webRequestBody,
} from '@openlayer-tracing/core/adapter';
import type { Context, MiddlewareHandler } from 'hono';
import { innerOf, keepOuter } from './inner-apps.js';
import { lazyBody } from './lazy-body.js';
import { nodeExchangeOf, nodeRequestOf } from './node-exchange.js';
import { followWebAnswer, followWebExchange, setResponseHeader } from './web-exchange.js';

export const adapter: RequestAdapter<Context, Context> = {
  method: (c) => c.req.method,
  path: (c) => {
    const { url } = c.req;
    const start = url.indexOf('/', url.indexOf('://') + 3);
    const end = url.slice(start).search(/[?#]/);
    return end < 0 ? url.slice(start) : url.slice(start, start + end);
  },
  hasQuery: (c) => c.req.url.includes('?'),
  query: (c) => {
    const query: Record<string, string | string[]> = Object.create(null);
    for (const [name, values] of Object.entries(c.req.queries())) {
      query[name] = values.length === 1 ? (values[0] as string) : values;
    }
    return query;
  },
  body: () => undefined,
  params: (c) => {
    const inner = innerOf(c);
    return inner === undefined ? paramsOf(c) : { ...paramsOf(c), ...paramsOf(inner) };
  },
  route: (c) => {
    const route = routeOf(c);
    const inner = innerOf(c);
    if (inner === undefined || route?.endsWith('/*') !== true) return route;
    const below = routeOf(inner);
    if (below === undefined) return route;
    // What is mounted is asked for its part of the path, or for all of it.
    return inner.req.path === c.req.path ? below : route.slice(0, -2) + below;
  },
  header: (c, name) => {
    const node = nodeExchangeOf(c);
    if (node === undefined) return c.req.header(name);
    // To ask Hono would have it make a list of all headers first.
    const value = node.incoming.headers[name];
    return typeof value === 'string' ? value : undefined;
  },
  aliases: (c) => {
    const incoming = nodeRequestOf(c);
    return incoming === undefined ? [c.req.raw] : [c.req.raw, incoming];
  },
  // What `mount` and `app.request()` hand to an app has no exchange of its own.
  mayBeInner: (c) => nodeRequestOf(c) === undefined,
  madeId: (c) => {
    const id: unknown = c.get('requestId');
    return typeof id === 'string' ? id : undefined;
  },
  answerHeader: (c, name) => {
    const node = nodeExchangeOf(c);
    if (node !== undefined) return node.outgoing.getHeader(name);
    return c.finalized ? c.res.headers.get(name) : undefined;
  },
  setAnswerHeader: (c, name, value) => {
    const node = nodeExchangeOf(c);
    if (node !== undefined) setAnswerHeader(node.outgoing, name, value);
    else if (c.finalized) setResponseHeader(c, name, value);
  },
  holdOpen: (c) => {
    if (nodeExchangeOf(c) !== undefined) return undefined;
    try {
      const { executionCtx } = c;
      return (work) => executionCtx.waitUntil(work);
    } catch {
      // Hono throws where there is none.
      return undefined;
    }
  },
  follow: (trace, c, _c, maxBytes) => {
    keepOuter(trace, c);
    const node = nodeExchangeOf(c);
    if (node === undefined) return followWebExchange(trace, c, maxBytes);
    followResponse(trace, node.incoming, node.outgoing);
    const { incoming } = node;
    const isForm = incoming.headers['content-type']?.startsWith('multipart/') === true;
    if (isForm || incoming.readableDidRead)
      return webRequestBody(c.req.raw, maxBytes, c.req.bodyCache);
    return nodeRequestBody(incoming, maxBytes);
  },
  answered: (trace, c, idHeader) => {
    if (nodeExchangeOf(c) === undefined) return followWebAnswer(trace, c, idHeader);
    const body = c.finalized ? lazyBody(c.res) : undefined;
    if (body !== undefined) readStreamInScope(trace, body);
    return undefined;
  },
};

function routeOf(c: Context): string | undefined {
  const index = routeIndexOf(c);
  return index === undefined ? undefined : c.req.matchedRoutes[index]?.path;
}

function paramsOf(c: Context): Record<string, string> {
  const { routeIndex } = c.req;
  try {
    c.req.routeIndex = routeIndexOf(c) ?? routeIndex;
    return c.req.param();
  } finally {
    c.req.routeIndex = routeIndex;
  }
}

/**
 * Which of the matched handlers is the route: the last that ran, or else one below it that would have run, or else the
 * innermost mount that the request came through. Undefined where the app has not found the request.
 */
function routeIndexOf(c: Context): number | undefined {
  const { matchedRoutes: routes, routeIndex: last } = c.req;
  const lastRun = routes[last];
  if (lastRun === undefined) return undefined;
  if (isRoute(lastRun)) return last;
  const mount = lastRun.path.slice(0, -1);
  const below = routes.findLastIndex((route) => isRoute(route) && route.path.startsWith(mount));
  if (below >= 0) return below;
  if (isFinal(lastRun.handler as MiddlewareHandler)) return last;
  const inner = routes.slice(0, last + 1).findLastIndex(({ path }) => path !== WHOLE_APP);
  if (inner >= 0) return inner;
  return c.finalized && c.res.status === 404 ? undefined : last;
}

type MatchedRoute = Context['req']['matchedRoutes'][number];

/** The pattern of what is mounted for every request. */
const WHOLE_APP = '/*';

/** Middleware is mounted for all methods, at a path that ends in a wildcard. */
function isRoute({ method, path }: MatchedRoute): boolean {
  return !(method === 'ALL' && path.endsWith('*'));
}

/** Whether a handler takes no `next`, so that no other runs after it. */
function isFinal(handler: MiddlewareHandler): boolean {
  // With its sub-app's answer to errors around it, it looks like a middleware.
  const own: unknown = Reflect.get(handler, COMPOSED_HANDLER);
  return typeof own === 'function' ? isFinal(own as MiddlewareHandler) : handler.length === 1;
}

/** Hono's own name for it. */
const COMPOSED_HANDLER = '__COMPOSED_HANDLER';
