/** Observes the events of an emitter. A listener would be visible to the app, and could start a stream. */

import { assignMethod } from './replace-method.js';

/** The part of Node's EventEmitter that is used. */
export interface Emitter {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * Calls `observe` with each event before its listeners, by replacing `emit`. The listeners run also if `observe` throws.
 * @returns false if `emit` cannot be replaced
 */
export function onEmit(
  emitter: Emitter,
  observe: (event: string | symbol, ...args: unknown[]) => void,
): boolean {
  const target = emitterBehind(emitter) as Emitter;
  const { emit } = target;
  if (typeof emit !== 'function') return false;
  return assignMethod(
    target,
    'emit',
    function emitObserved(this: Emitter, event: string | symbol, ...args: unknown[]) {
      try {
        observe(event, ...args);
      } catch {
        // The observer reports its own failures.
      }
      return emit.call(this, event, ...args);
    },
  );
}

/** The object that Node emits the events on: for `Object.create(emitter)`, it is `emitter`. */
export function emitterBehind(object: object): object {
  let holder: object | null = object;
  while (holder !== null) {
    // `EventEmitter.prototype` has the property too, without a value.
    if (Object.hasOwn(holder, '_events') && (holder as { _events?: unknown })._events)
      return holder;
    holder = Object.getPrototypeOf(holder);
  }
  return object;
}
