/** Observes the generator that the SDK returns: its messages, and its end. */

import { runGuarded } from '@openlayer-tracing/core/integration';
import { isAbort } from '../common/call-error.js';
import { defineHidden } from '../common/replace-method.js';
import type { AgentRun } from './run.js';

type Step = (...args: unknown[]) => Promise<IteratorResult<unknown>>;

/** The part of a generator that is used. */
interface Messages {
  next: Step;
  return?: Step;
  throw?: Step;
  [Symbol.asyncIterator]?(): Messages;
}

/** Makes a generator pass its messages to the run. @returns the same object */
export function observeQuery(query: object, run: AgentRun): object {
  runGuarded('query', () => {
    const messages = query as Messages;
    const iterate = messages[Symbol.asyncIterator];
    if (typeof messages.next === 'function') observe(messages, messages, run);
    if (typeof iterate === 'function') {
      defineHidden(messages, Symbol.asyncIterator, function asyncIterator(this: Messages) {
        const inner = iterate.call(this);
        // The object may return another generator.
        return inner === this ? this : observe(Object.create(inner) as Messages, inner, run);
      });
    }
  });
  return query;
}

/** Gives `target` methods that call those of `inner` and pass the results to the run. */
function observe(target: Messages, inner: Messages, run: AgentRun): Messages {
  const { next, return: close, throw: fail } = inner;
  defineHidden(target, 'next', (...args: unknown[]) =>
    observedResult(next.apply(inner, args), run),
  );
  for (const [key, end] of Object.entries({ return: close, throw: fail })) {
    if (typeof end !== 'function') continue;
    defineHidden(target, key, (...args: unknown[]) => {
      // Do not wait for the process of the run, which may take a while to exit.
      runGuarded('message', () => run.end('left'));
      return end.apply(inner, args);
    });
  }
  if (target !== inner) defineHidden(target, Symbol.asyncIterator, () => target);
  return target;
}

/** A promise of the same result, which the run receives first. */
function observedResult(
  step: Promise<IteratorResult<unknown>>,
  run: AgentRun,
): Promise<IteratorResult<unknown>> {
  return step.then(
    (result) => {
      runGuarded('message', () => {
        if (result.done !== true) run.readMessage(result.value);
        else run.end('complete');
      });
      return result;
    },
    (error: unknown) => {
      runGuarded('message', () =>
        run.end(isAbort(error) || run.isAborted ? 'left' : 'failed', error),
      );
      throw error;
    },
  );
}
