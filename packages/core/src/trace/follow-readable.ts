/** Follows a Node stream by the events that it emits anyway: no listener, no read, nothing started. */

import { CollectedOutput } from './collected-output.js';
import { inherited } from './read-safely.js';
import type { RecordedStep } from './recorded-step.js';

/** The part of Node's Readable that is used here. */
export interface NodeReadable {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

export function isNodeReadable(value: object): value is NodeReadable {
  return (
    inherited(value, '_readableState') !== undefined &&
    typeof inherited(value, 'emit') === 'function'
  );
}

/** The same stream. The step ends with its `end`, `error` or `close`. */
export function followReadable(step: RecordedStep, stream: NodeReadable): NodeReadable {
  const output = new CollectedOutput(step);
  let over = false;
  onEmit(stream, (event, argument) => {
    if (over) return;
    if (event === 'data') {
      output.collect(argument);
      return;
    }
    over = event === 'end' || event === 'close' || event === 'error';
    if (!over) return;
    if (event === 'error') output.fail(argument);
    else output.complete();
  });
  return stream;
}

/** Calls `observe` with each event before its listeners hear of it. */
export function onEmit(
  emitter: NodeReadable,
  observe: (event: string | symbol, ...args: unknown[]) => void,
): void {
  const { emit } = emitter;
  emitter.emit = function emitObserved(this: NodeReadable, event, ...args) {
    try {
      observe(event, ...args);
    } catch {
      // The observer reports its own failures; the event goes on.
    }
    return emit.call(this, event, ...args);
  };
}
