/** Follows a Node stream by the events that it emits. Adds no listener and reads nothing, since both could start it. */

import { CollectedOutput, completeAll, failAll } from './collected-output.js';
import { Followers, joinFollowers, rememberFollowers } from './followers.js';
import type { FollowingStep } from './following-step.js';
import { endOfReadable, type NodeReadable } from './observe/node-readable.js';
import { emitterBehind, onEmit } from './observe/on-emit.js';

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
