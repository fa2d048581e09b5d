import { runGuarded } from '@openlayer-tracing/core/integration';
import { replaceMethod } from './replace-method.js';

/**
 * Calls `onLeave` when a client stops reading its own generator before the end: with the error that it throws, or with undefined
 * if the app leaves it. For clients that do not cancel the body of the response then. The generator stays as it is, except for
 * these methods.
 */
export function whenLeft(generator: unknown, onLeave: (error?: unknown) => void): void {
  if (typeof generator !== 'object' || generator === null) return;
  const events = generator as AsyncGenerator<unknown>;
  for (const name of ['return', 'throw'] as const) {
    replaceMethod(events, name, (method) => {
      return function observedEnd(this: AsyncGenerator<unknown>, ...args: [unknown]) {
        runGuarded('left', () => onLeave());
        return method.apply(this, args);
      };
    });
  }
  replaceMethod(events, 'next', (next) => {
    return function observedNext(this: AsyncGenerator<unknown>, ...args: [] | [unknown]) {
      const result = next.apply(this, args);
      // A mock may return something else. The app gets the derived promise: a rejection that it does not handle is reported once.
      if (!(result instanceof Promise)) return result;
      return result.then(undefined, (error: unknown) => {
        runGuarded('left', () => onLeave(error));
        throw error;
      });
    };
  });
}

/** Calls `onLeave`, as `whenLeft` does, for each generator by which the app reads a stream of a client. */
export function whenStreamLeft(stream: object, onLeave: (error?: unknown) => void): void {
  replaceMethod(stream as AsyncIterable<unknown>, Symbol.asyncIterator, (iterate) => {
    return function observedAsyncIterator(this: AsyncIterable<unknown>) {
      const events = iterate.call(this);
      runGuarded('stream', () => whenLeft(events, onLeave));
      return events;
    };
  });
}
