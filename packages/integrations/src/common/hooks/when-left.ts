import { runGuarded } from '@openlayer-tracing/core/integration';
import { replaceMethod } from './replace-method.js';

/**
 * Calls `onLeave` when a client stops reading its own generator before the end. For clients that do not cancel the body of the
 * response then. The generator stays as it is, except for these methods.
 */
export function whenLeft(generator: unknown, onLeave: () => void): void {
  if (typeof generator !== 'object' || generator === null) return;
  for (const name of ['return', 'throw'] as const) {
    replaceMethod(generator as AsyncGenerator<unknown>, name, (method) => {
      return function observedEnd(this: AsyncGenerator<unknown>, ...args: [unknown]) {
        runGuarded('left', onLeave);
        return method.apply(this, args);
      };
    });
  }
}
