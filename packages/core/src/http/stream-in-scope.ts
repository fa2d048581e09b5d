/** Has a body that the server reads after the app has answered read in the scope of its trace. */

import type { RecordedRequest } from './request-trace.js';

/** How a stream is read by JavaScript: each of these may ask its source for chunks. */
const READING = ['pipeThrough', 'pipeTo', 'tee'] as const;

/** By what a reader is made, and how that reads. */
const READERS = [
  ['getReader', 'read'],
  ['values', 'next'],
  [Symbol.asyncIterator, 'next'],
] as const;

/** The stream stays the same one, and so do its chunks and its back-pressure; only where it is asked for them changes. */
export function readStreamInScope(trace: RecordedRequest, stream: ReadableStream): void {
  if (stream.locked) return;
  for (const name of READING) inScope(trace, stream, name);
  for (const [name, read] of READERS) {
    const make: unknown = Reflect.get(stream, name);
    if (typeof make !== 'function') continue;
    define(stream, name, (...args) => {
      const reader: object = Reflect.apply(make, stream, args);
      try {
        inScope(trace, reader, read);
      } catch (error) {
        trace.failed('body', error);
      }
      return reader;
    });
  }
}

/** Has a method of the object run in the scope of the trace, whoever calls it. */
export function inScope(trace: RecordedRequest, holder: object, name: string | symbol): void {
  const method: unknown = Reflect.get(holder, name);
  if (typeof method !== 'function') return;
  define(holder, name, (...args) => trace.run(() => Reflect.apply(method, holder, args)));
}

function define(holder: object, name: string | symbol, value: (...args: unknown[]) => unknown) {
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
}
