/** Observes the events of an emitter. A listener would be visible to the app, and could start a stream. */

import { assignMethod } from './replace-method.js';

/** The part of Node's EventEmitter that is used. */
export interface Emitter {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * Calls `observe` with each event and its first two arguments before its listeners, by replacing `emit`. The listeners run also
 * if `observe` throws. It is called for every event of a request, so it should look at the event first.
 * @returns false if `emit` cannot be replaced
 */
export function onEmit(
  emitter: Emitter,
  observe: (event: string | symbol, first?: unknown, second?: unknown) => void,
): boolean {
  const target = emitterBehind(emitter) as Emitter;
  const { emit } = target;
  if (typeof emit !== 'function') return false;
  return assignMethod(target, 'emit', function emitObserved(this: Emitter, event: string | symbol) {
    // biome-ignore lint/complexity/noArguments: an array for each event costs more
    const args = arguments as unknown as Parameters<Emitter['emit']>;
    try {
      observe(event, args[1], args[2]);
    } catch {
      // The observer reports its own failures.
    }
    return emit.apply(this, args);
  });
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
