/** Follows a Node stream by the events that it emits. Adds no listener and reads nothing, since both could start it. */

import { inherited } from '../values/read-safely.js';
import { CollectedOutput } from './collected-output.js';
import type { Followed } from './followed.js';
import { Followers, joinFollowers, rememberFollowers } from './followers.js';
import { type Emitter, emitterBehind, onEmit } from './on-emit.js';

/** Node's Readable, of which nothing but its events is used. */
export type NodeReadable = Emitter;

export function isNodeReadable(value: object): value is NodeReadable {
  return (
    inherited(value, '_readableState') !== undefined &&
    typeof inherited(value, 'emit') === 'function'
  );
}

/** Above this number of steps that follow one stream, the oldest one ends. */
const MOST = 100;

/** Ends the step at the stream's `end`, `error` or `close`. @returns the same stream */
export function followReadable(step: Followed, stream: NodeReadable): NodeReadable {
  const emitter = emitterBehind(stream);
  const output = new CollectedOutput(step);
  if (joinFollowers(emitter, 'emit', output)) return stream;
  const followers = new Followers(emitter, output, MOST);
  const isFollowed = onEmit(stream, (event, argument) => {
    if (event === 'data') {
      for (const output of followers.attached) output.collect(argument);
    } else if (event === 'end' || event === 'close') {
      for (const output of followers.dismissAll()) output.complete();
    } else if (event === 'error') {
      for (const output of followers.dismissAll()) output.fail(argument);
    }
  });
  if (isFollowed) rememberFollowers(followers, 'emit');
  else step.end();
  return stream;
}
