/** Recognizes streams of Node, and reads how they ended, without starting them. */

import { isProxy } from '#platform';
import { dataProperty, hasMethod } from '../../values/reading/read-safely.js';
import type { Emitter } from './on-emit.js';

/** Node's Readable, of which nothing but its events is used. */
export type NodeReadable = Emitter;

export function isNodeReadable(value: object): value is NodeReadable {
  return dataProperty(value, '_readableState') !== undefined && hasMethod(value, 'emit');
}

/** How a stream ended that emits nothing any more. */
export type ReadableEnd =
  | { readonly how: 'ended' | 'destroyed' }
  | { readonly how: 'failed'; readonly error: unknown };

/** Properties of `_readableState`. Older copies of `readable-stream` have some of them only. */
interface ReadableState {
  readonly endEmitted?: unknown;
  readonly errored?: unknown;
  readonly closeEmitted?: unknown;
  readonly destroyed?: unknown;
}

/** How the stream ended; undefined while it may still emit data or its end. */
export function endOfReadable(stream: NodeReadable): ReadableEnd | undefined {
  const state = dataProperty(stream, '_readableState');
  if (typeof state !== 'object' || state === null || isProxy(state)) return undefined;
  // Accessors of Node's own class since Node 20, which only read bits.
  const { endEmitted, errored, closeEmitted, destroyed } = state as ReadableState;
  if (endEmitted === true) return { how: 'ended' };
  if (errored !== undefined && errored !== null) return { how: 'failed', error: errored };
  return closeEmitted === true || destroyed === true ? { how: 'destroyed' } : undefined;
}
