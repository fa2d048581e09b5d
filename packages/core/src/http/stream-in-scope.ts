/** Has a body that the server reads after the app has answered read in the scope of its trace. */

import type { RecordedRequest } from './request-trace.js';

/** How a stream is read by JavaScript: each of these may ask its source for chunks. */
const READING = ['pipeThrough', 'pipeTo', 'tee', 'values', Symbol.asyncIterator] as const;

/** The stream stays the same one, and so do its chunks and its back-pressure; only where it is asked for them changes. */
export function readStreamInScope(trace: RecordedRequest, stream: ReadableStream): void {
  if (stream.locked) return;
  for (const name of READING) inScope(trace, stream, name);
  const getReader: (...args: unknown[]) => object = stream.getReader as never;
  define(stream, 'getReader', (...args) => {
    const reader = getReader.apply(stream, args);
    try {
      inScope(trace, reader, 'read');
    } catch (error) {
      trace.failed('read', error);
    }
    return reader;
  });
}

function inScope(trace: RecordedRequest, holder: object, name: string | symbol): void {
  const method: unknown = Reflect.get(holder, name);
  if (typeof method !== 'function') return;
  define(holder, name, (...args) => trace.run(() => Reflect.apply(method, holder, args)));
}

function define(holder: object, name: string | symbol, value: (...args: unknown[]) => unknown) {
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
}
