/** Bodies that are read later than they are made: what makes their chunks runs in the scope of their trace. */

import { isProxy } from '#platform';
import { isNodeReadable, type NodeReadable } from '../trace/follow-readable.js';
import { inherited } from '../trace/read-safely.js';
import type { RequestTrace } from '../trace/types.js';
import { RecordedRequest } from './request-trace.js';
import { inScope, readStreamInScope } from './stream-in-scope.js';

const bound = new WeakSet<object>();

/**
 * Has a stream, or the stream of a `Response`, make its chunks in the scope of the trace, whoever reads it. It stays the
 * same object, and is neither read nor started. Anything else is left alone. Never throws.
 */
export function readInScope(trace: RequestTrace, body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  if (!(trace instanceof RecordedRequest) || !trace.isOpen) return;
  try {
    const stream = isA('Response', 'arrayBuffer', body) ? (body as Response).body : body;
    if (stream === null || bound.has(stream)) return;
    if (isNodeReadable(stream)) bindReadable(trace, stream);
    else if (isA('ReadableStream', 'getReader', stream)) {
      bound.add(stream);
      readStreamInScope(trace, stream as ReadableStream);
    }
  } catch (error) {
    trace.failed('body', error);
  }
}

/** Asked by a method of its own first: the global may have to be loaded, and most bodies are plain objects. */
function isA(name: 'Response' | 'ReadableStream', method: string, value: object): boolean {
  if (isProxy(value) || typeof inherited(value, method) !== 'function') return false;
  const Class: unknown = Reflect.get(globalThis, name);
  return typeof Class === 'function' && value instanceof Class;
}

/** Whatever reads a Node stream, it is by `_read` that the stream is asked for more. */
function bindReadable(trace: RecordedRequest, stream: NodeReadable): void {
  if (typeof inherited(stream, '_read') !== 'function') return;
  bound.add(stream);
  inScope(trace, stream, '_read');
}
