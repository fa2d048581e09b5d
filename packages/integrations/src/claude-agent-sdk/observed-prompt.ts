/** Observes a prompt that is an async iterable while the SDK reads it. */

import { runGuarded } from '@openlayer-tracing/core/integration';

/** An async iterable of the same messages, each of which `onMessage` receives first; undefined for any other prompt. */
export function observedPrompt(
  prompt: unknown,
  onMessage: (message: unknown) => void,
): AsyncIterable<unknown> | undefined {
  if (typeof prompt !== 'object' || prompt === null || !(Symbol.asyncIterator in prompt)) {
    return undefined;
  }
  const messages = prompt as AsyncIterable<unknown>;
  return {
    [Symbol.asyncIterator]() {
      const inner = messages[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await inner.next();
          if (result.done !== true) runGuarded('prompt', () => onMessage(result.value));
          return result;
        },
        ...(inner.return !== undefined && {
          return: (value?: unknown) =>
            (inner.return as NonNullable<typeof inner.return>).call(inner, value),
        }),
        ...(inner.throw !== undefined && {
          throw: (error?: unknown) =>
            (inner.throw as NonNullable<typeof inner.throw>).call(inner, error),
        }),
      };
    },
  };
}
