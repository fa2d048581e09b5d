/** Follows a Node stream by the events that it emits. Adds no listener and reads nothing, since both could start it. */

import { inherited } from '../values/read-safely.js';
import { CollectedOutput } from './collected-output.js';
import type { Followed } from './followed.js';
import { type Emitter, onEmit } from './on-emit.js';

/** Node's Readable, of which nothing but its events is used. */
export type NodeReadable = Emitter;

export function isNodeReadable(value: object): value is NodeReadable {
  return (
    inherited(value, '_readableState') !== undefined &&
    typeof inherited(value, 'emit') === 'function'
  );
}

/** Ends the step at the stream's `end`, `error` or `close`. @returns the same stream */
export function followReadable(step: Followed, stream: NodeReadable): NodeReadable {
  const output = new CollectedOutput(step);
  let isOver = false;
  const isFollowed = onEmit(stream, (event, argument) => {
    if (isOver) return;
    if (event === 'data') {
      output.collect(argument);
      return;
    }
    isOver = event === 'end' || event === 'close' || event === 'error';
    if (!isOver) return;
    if (event === 'error') output.fail(argument);
    else output.complete();
  });
  if (!isFollowed) step.end();
  return stream;
}
