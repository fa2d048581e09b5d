/** Runs the function of a recorded call, such as a tool, and ends the call when the function's result is complete. */

import { followResult } from '../../follow/follow-result.js';
import type { FollowingStep } from '../../follow/following-step.js';
import type { RecordedStep } from '../../trace/recorded-step.js';
import type { StepType } from '../../wire.js';
import { type RecordedCall, stepOfCall } from '../call/recorded-call.js';
import { inClientCall } from '../once/client-call.js';
import { reportFailure, runGuarded } from '../report/integration-diagnostics.js';

/** Receives the result of a call's function, and ends the call with it. */
export interface CallResult {
  /** @param result what the function returned; for an iterator or stream, its last item */
  completed(result: unknown): void;
  /** @param soFar the last item before the failure */
  failed(error: unknown, soFar: unknown): void;
}

/**
 * Runs `fn` in the scope of the call's step, where clients record their calls also if the caller is untraced. A promise, async
 * iterable or stream that it returns is followed to its end; steps on the way are children of the call's step. The value of a
 * promise is the result.
 * @returns the result of `fn`, or an object that behaves the same
 */
export function runCall<R, T extends StepType>(
  call: RecordedCall<T>,
  fn: () => R,
  result: CallResult,
): R {
  let returned: R;
  try {
    returned = call.step.run(() => inClientCall(call, fn));
  } catch (error) {
    runGuarded('result', () => result.failed(error, undefined));
    throw error;
  }
  return followResult(new FollowedCall(call, result), returned);
}

class FollowedCall implements FollowingStep {
  readonly takesLastItem = true;
  readonly endsWithPromise = true;
  /** `CallResult` is given the result itself. */
  readonly outputOf = (result: unknown) => result;
  readonly #call: RecordedCall;
  readonly #result: CallResult;

  constructor(call: RecordedCall, result: CallResult) {
    this.#call = call;
    this.#result = result;
  }

  get isRunning(): boolean {
    return this.#call.isOpen;
  }

  get trace(): object {
    return this.#step.trace;
  }

  get callersTrace(): object | undefined {
    return this.#step.callersTrace;
  }

  run<R>(fn: () => R): R {
    return this.#step.run(() => inClientCall(this.#call, fn));
  }

  currentTrace(): object | undefined {
    return this.#step.currentTrace();
  }

  callersScope(): <R>(fn: () => R) => R {
    return this.#step.callersScope();
  }

  snapshot(item: unknown): string {
    return this.#step.snapshot(item);
  }

  isSecretPiece(key: string, text: string): boolean {
    return this.#step.isSecretPiece(key, text);
  }

  waitForReader(ms: number): void {
    this.#step.waitForReader(ms);
  }

  complete(result: unknown): void {
    runGuarded('result', () => this.#result.completed(result));
  }

  fail(error: unknown, soFar?: unknown): void {
    runGuarded('result', () => this.#result.failed(error, soFar));
  }

  end(): void {
    runGuarded('result', () => this.#call.end());
  }

  reportFailure(what: string, error: unknown): void {
    reportFailure(what, error);
  }

  get #step(): RecordedStep {
    return stepOfCall(this.#call);
  }
}
