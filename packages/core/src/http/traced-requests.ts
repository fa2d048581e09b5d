/** Which trace a request has, for all installed copies of this package. */

import type { RequestTrace } from '../trace/types.js';

const SLOT = Symbol.for('openlayer-tracing.requests.v1');
const holder = globalThis as { [SLOT]?: WeakMap<object, RequestTrace> };

function shared(): WeakMap<object, RequestTrace> {
  const existing = holder[SLOT];
  if (existing !== undefined) return existing;
  const value = new WeakMap<object, RequestTrace>();
  Object.defineProperty(holder, SLOT, { value });
  return value;
}

/**
 * Keyed by the request. A property of the request would do as well, but costs several microseconds where a framework
 * has changed its prototype.
 */
export const tracedRequests: WeakMap<object, RequestTrace> = shared();

/**
 * The trace of a request, for code that has the raw request but lost the scope. Undefined where no middleware of ours
 * has seen it.
 */
export function getTrace(req: object): RequestTrace | undefined {
  return tracedRequests.get(req);
}
