/** Follows a Node stream by the events that it emits. Adds no listener and reads nothing, since both could start it. */

import { isProxy } from '#platform';
import { dataProperty, hasMethod } from '../values/read-safely.js';
import { CollectedOutput, completeAll, failAll } from './collected-output.js';
import { Followers, joinFollowers, rememberFollowers } from './followers.js';
import type { FollowingStep } from './following-step.js';
import { type Emitter, emitterBehind, onEmit } from './on-emit.js';

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

/** Ends the step at the stream's `end`, `error` or `close`; at once if that is over. @returns the same stream */
export function followReadable(step: FollowingStep, stream: NodeReadable): NodeReadable {
  const end = endOfReadable(stream);
  if (end !== undefined) {
    if (end.how === 'failed') step.fail(end.error);
    else step.end();
    return stream;
  }
  const emitter = emitterBehind(stream);
  const output = new CollectedOutput(step);
  if (joinFollowers(emitter, 'emit', output)) return stream;
  const followers = new Followers(emitter, output);
  const isFollowed = onEmit(stream, (event, argument) => {
    if (event === 'data') {
      for (const output of followers.attached) output.collect(argument);
    } else if (event === 'end' || event === 'close') {
      completeAll(followers);
    } else if (event === 'error') {
      failAll(followers, argument);
    }
  });
  if (isFollowed) rememberFollowers(followers, 'emit');
  else step.end();
  return stream;
}
