/** Observes the generator that the SDK returns: its messages, and its end. */

import { runGuarded } from '@openlayer-tracing/core/integration';
import { isAbort } from '../common/failures/thrown.js';
import { defineHidden } from '../common/hooks/replace-method.js';
import type { AgentRun } from './run.js';

type Result = IteratorResult<unknown>;
type Step = (...args: unknown[]) => Promise<Result>;

/** The part of a generator that is used. */
interface Messages {
  next: Step;
  return?: Step;
  throw?: Step;
  [Symbol.asyncIterator]?(): Messages;
}

/** The methods besides `return` and `throw` by which the app ends a run. */
const CLOSERS = ['close', Symbol.asyncDispose] as const;

/** Makes a generator pass its messages to the run. @returns the same object */
export function observeQuery(query: object, run: AgentRun): object {
  const isObserved = runGuarded('query', () => {
    const messages = query as Messages;
    const iterate = messages[Symbol.asyncIterator];
    observeClosers(query, run);
    if (typeof messages.next === 'function') observe(messages, messages, run);
    if (typeof iterate !== 'function') return true;
    return defineHidden(messages, Symbol.asyncIterator, function asyncIterator(this: Messages) {
      // An instrumentation of OpenTelemetry starts its span here.
      const inner = run.step.run(() => iterate.call(this));
      // The object may return another generator.
      return inner === this ? this : observe(Object.create(inner) as Messages, inner, run);
    });
  });
  // Nothing is known of a run that cannot be observed, such as a frozen object.
  if (isObserved !== true) runGuarded('query', () => run.end('left'));
  return query;
}

/** Gives `target` methods that call those of `inner` and pass the results to the run. */
function observe(target: Messages, inner: Messages, run: AgentRun): Messages {
  const { next, return: close, throw: fail } = inner;
  defineHidden(target, 'next', (...args: unknown[]) => {
    runGuarded('message', () => run.readOn());
    const step: unknown = next.apply(inner, args);
    return isPromise(step) ? passedPromise(step, run) : passedResult(step as Result, run);
  });
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

/** Makes the methods by which the app closes a run end it. */
function observeClosers(query: object, run: AgentRun): void {
  const closable = query as Record<string | symbol, unknown>;
  for (const key of CLOSERS) {
    const close = closable[key];
    if (typeof close !== 'function') continue;
    defineHidden(closable, key, function closed(this: unknown, ...args: unknown[]): unknown {
      runGuarded('message', () => run.end('left'));
      return close.apply(this, args);
    });
  }
}

function isPromise(value: unknown): value is Promise<Result> {
  return typeof (value as Promise<Result> | null)?.then === 'function';
}

/** The same result, which the run receives first. */
function passedResult(result: Result, run: AgentRun): Result {
  runGuarded('message', () => {
    if (result.done !== true) run.readMessage(result.value);
    else run.end('complete');
  });
  return result;
}

/** A promise of the same result, which the run receives first. */
function passedPromise(step: Promise<Result>, run: AgentRun): Promise<Result> {
  return step.then(
    (result) => passedResult(result, run),
    (error: unknown) => {
      runGuarded('message', () => run.end(isAbort(error, run.signal) ? 'left' : 'failed', error));
      throw error;
    },
  );
}
