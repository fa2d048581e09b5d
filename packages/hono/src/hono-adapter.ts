/** A Hono context as core sees requests and their answers. */

import {
  followResponse,
  nodeRequestBody,
  type RequestAdapter,
  readStreamInScope,
  setAnswerHeader,
  webRequestBody,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { lazyBody } from './lazy-body.js';
import { nodeExchangeOf } from './node-exchange.js';
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
    const { routeIndex } = c.req;
    try {
      c.req.routeIndex = routeIndexOf(c) ?? routeIndex;
      return c.req.param();
    } finally {
      c.req.routeIndex = routeIndex;
    }
  },
  route: (c) => {
    const index = routeIndexOf(c);
    return index === undefined ? undefined : c.req.matchedRoutes[index]?.path;
  },
  header: (c, name) => {
    const node = nodeExchangeOf(c);
    if (node === undefined) return c.req.header(name);
    // To ask Hono would have it make a list of all headers first.
    const value = node.incoming.headers[name];
    return typeof value === 'string' ? value : undefined;
  },
  aliases: (c) => {
    const incoming = nodeExchangeOf(c)?.incoming;
    return incoming === undefined ? [c.req.raw] : [c.req.raw, incoming];
  },
  // What `mount` and `app.request()` hand to an app has no exchange of its own.
  mayBeInner: (c) => nodeExchangeOf(c) === undefined,
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

/** Which of the matched handlers is the route: the last that ran, or else the last that would have. */
function routeIndexOf(c: Context): number | undefined {
  const routes = c.req.matchedRoutes;
  const isRoute = (index: number) => {
    const route = routes[index];
    // Middleware is mounted for all methods, at a path that ends in a wildcard.
    return route !== undefined && !(route.method === 'ALL' && route.path.endsWith('*'));
  };
  if (isRoute(c.req.routeIndex)) return c.req.routeIndex;
  for (let index = routes.length - 1; index >= 0; index--) if (isRoute(index)) return index;
  return undefined;
}
