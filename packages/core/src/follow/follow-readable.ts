/** Follows a Node stream by the events that it emits. Adds no listener and reads nothing, since both could start it. */

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

/** Ends the step at the stream's `end`, `error` or `close`. @returns the same stream */
export function followReadable(step: FollowingStep, stream: NodeReadable): NodeReadable {
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
