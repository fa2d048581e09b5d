/** Runs the source of a body that is read later in the scope of its trace. */

import { isProxy } from '#platform';
import { isNodeReadable, type NodeReadable } from '../follow/observe/node-readable.js';
import { defineMethod, type Method, methodNamed } from '../follow/observe/replace-method.js';
import type { RequestTrace } from '../trace/model/trace-api.js';
import { hasMethod } from '../values/reading/read-safely.js';
import type { RecordedRequestTrace } from './trace/recorded-request-trace.js';
import { openRequestTrace } from './trace/traced-requests.js';

const bound = new WeakSet<object>();

/**
 * Runs the source of a stream, or of a `Response` with one, in the scope of the trace, whatever code reads it. Neither reads nor
 * replaces the stream. Ignores other values. Never throws.
 */
export function readInScope(trace: RequestTrace, body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const open = openRequestTrace(trace);
  if (open === undefined) return;
  try {
    const stream = isA('Response', 'arrayBuffer', body) ? (body as Response).body : body;
    if (stream === null || bound.has(stream)) return;
    if (isNodeReadable(stream)) bindReadable(open, stream);
    else if (isA('ReadableStream', 'getReader', stream)) {
      bound.add(stream);
      readStreamInScope(open, stream as ReadableStream);
    }
  } catch (error) {
    open.reportFailure('body', error);
  }
}

/**
 * Whether the value is of the class, by its string tag: some servers replace the global `Response`, such as Hono's on Node. The
 * method is checked first, since most bodies are plain objects.
 */
function isA(name: 'Response' | 'ReadableStream', method: string, value: object): boolean {
  if (isProxy(value) || !hasMethod(value, method)) return false;
  return Object.prototype.toString.call(value) === `[object ${name}]`;
}

/** Node calls `_read` whenever it needs more of a stream. */
function bindReadable(trace: RecordedRequestTrace, stream: NodeReadable): void {
  if (!hasMethod(stream, '_read')) return;
  bound.add(stream);
  bindMethod(trace, stream, '_read');
}

/** Methods of a ReadableStream that may call its source. */
const READING_METHODS = ['pipeThrough', 'pipeTo', 'tee'] as const;

/** Methods that create a reader, and the reading method of that. */
const READER_METHODS = [
  ['getReader', 'read'],
  ['values', 'next'],
  [Symbol.asyncIterator, 'next'],
] as const;

/** Replaces the reading methods of the stream by ones that run in the scope. Chunks and back-pressure stay the same. */
function readStreamInScope(trace: RecordedRequestTrace, stream: ReadableStream): void {
  if (stream.locked) return;
  for (const name of READING_METHODS) bindMethod(trace, stream, name);
  for (const [name, read] of READER_METHODS) {
    const make = methodNamed<(...args: unknown[]) => object>(stream, name);
    if (make === undefined) continue;
    replace(stream, name, (...args: unknown[]) => {
      const reader = Reflect.apply(make, stream, args);
      try {
        bindMethod(trace, reader, read);
      } catch (error) {
        trace.reportFailure('body', error);
      }
      return reader;
    });
  }
}

/** Makes a method of the object run in the scope of the trace. */
function bindMethod(trace: RecordedRequestTrace, holder: object, name: string | symbol): void {
  const method = methodNamed(holder, name);
  if (method === undefined) return;
  replace(holder, name, (...args) => trace.run(() => Reflect.apply(method, holder, args)));
}

/** @throws TypeError if the object cannot be changed */
function replace(holder: object, name: string | symbol, method: Method): void {
  if (!defineMethod(holder, name, method)) throw new TypeError('the body cannot be changed');
}
