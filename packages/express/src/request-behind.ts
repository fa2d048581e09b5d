import { getTrace } from '@openlayer-tracing/core/adapter';
import type { Request } from 'express';

/** The request that Express got, if `req` is a proxy of it or inherits from it; else `req` itself. */
export function requestBehind(req: Request): Request {
  if (getTrace(req) !== undefined) return req;
  const origin = Object.getPrototypeOf(req) as Request;
  return getTrace(origin) !== undefined ? origin : (req.res?.req ?? req);
}
