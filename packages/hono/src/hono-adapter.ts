/** How core reads Hono's contexts, and follows requests and responses. */

import {
  followResponse,
  headerOf,
  nodeRequestBody,
  type RequestAdapter,
  readInScope,
  setResponseHeader,
  signalOfClient,
  webRequestBody,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { HonoExchange } from './hono-exchange.js';
import { isPassedOn, mountedContextOf } from './mounted-apps.js';
import { lazyBody, nodeExchangeOf, nodeRequestOf } from './node-server.js';
import { paramsOf, requestPath, routeOf } from './route.js';
import { setWebResponseHeader } from './web-response.js';

export const adapter: RequestAdapter<Context, Context> = {
  method: (c) => c.req.method,
  path: requestPath,
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
    const mounted = mountedContextOf(c);
    return mounted === undefined ? paramsOf(c) : { ...paramsOf(c), ...paramsOf(mounted) };
  },
  route: (c) => {
    const route = routeOf(c);
    const mounted = mountedContextOf(c);
    if (mounted === undefined || route?.endsWith('/*') !== true) return route;
    const below = routeOf(mounted);
    if (below === undefined) return route;
    // A mounted app may see its part of the path, or the whole path.
    return mounted.req.path === c.req.path ? below : route.slice(0, -2) + below;
  },
  header: (c, name) => {
    const node = nodeExchangeOf(c);
    if (node === undefined) return c.req.header(name);
    // c.req.header() would build a Headers object first.
    return headerOf(node.incoming, name);
  },
  aliases: (c) => {
    const incoming = nodeRequestOf(c);
    return incoming === undefined ? [c.req.raw] : [c.req.raw, incoming];
  },
  innerRequests: {
    // A request by `mount` or `app.request()` has no Node request.
    mayBeInner: (c) => nodeRequestOf(c) === undefined,
    isPassedOn,
  },
  appId: (c) => {
    const id: unknown = c.get('requestId');
    return typeof id === 'string' ? id : undefined;
  },
  responseHeader: (c, name) => {
    const node = nodeExchangeOf(c);
    if (node !== undefined) return node.outgoing.getHeader(name);
    return c.finalized ? c.res.headers.get(name) : undefined;
  },
  setResponseHeader: (c, name, value) => {
    const node = nodeExchangeOf(c);
    if (node !== undefined) setResponseHeader(node.outgoing, name, value);
    else if (c.finalized) setWebResponseHeader(c, name, value);
  },
  waitUntil: (c) => {
    if (nodeExchangeOf(c) !== undefined) return undefined;
    try {
      const { executionCtx } = c;
      return (work) => executionCtx.waitUntil(work);
    } catch {
      // Hono throws if there is no execution context.
      return undefined;
    }
  },
  clientSignal: (c) => {
    const node = nodeExchangeOf(c);
    return node === undefined ? c.req.raw.signal : signalOfClient(node.outgoing);
  },
  requestBody: (c, maxBytes) => {
    const incoming = nodeExchangeOf(c)?.incoming;
    const isForm = incoming?.headers['content-type']?.startsWith('multipart/') === true;
    if (incoming !== undefined && !isForm && !incoming.readableDidRead) {
      return nodeRequestBody(incoming, maxBytes);
    }
    return webRequestBody(c.req.raw, maxBytes, c.req.bodyCache);
  },
  follow: (trace, c) => {
    const node = nodeExchangeOf(c);
    if (node === undefined) HonoExchange.follow(trace, c);
    else followResponse(trace, node.incoming, node.outgoing);
  },
  returnedResponse: {
    readStatus: (c) => (c.finalized ? c.res.status : undefined),
    followReturned: (trace, c, idHeader) => {
      const { response } = trace;
      if (response instanceof HonoExchange) return response.takeReturnedResponse(idHeader);
      // A Node server reads the body after all middleware.
      if (nodeExchangeOf(c) !== undefined && c.finalized) readInScope(trace, lazyBody(c.res));
      return undefined;
    },
  },
};
