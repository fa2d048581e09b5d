import type { Diagnostics } from '../diagnostics/diagnostics.js';
import type { AppColumns } from './content/app-columns.js';
import type { TraceValues } from './content/trace-values.js';
import type { ScopeStep, StepScope } from './scope/scope.js';

/** What a step uses of its trace. */
export interface StepOwner {
  readonly scope: StepScope;
  /** Converts values of the trace and of its root. */
  readonly values: TraceValues;
  /** Converts values of the steps below the root. */
  readonly stepValues: TraceValues;
  readonly diagnostics: Diagnostics;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Whether steps and updates are still recorded. */
  readonly isOpen: boolean;
  /** Milliseconds since the trace's start. */
  elapsedMs(): number;
  /** Call it when something of the trace changes. */
  markChanged(): void;
  /** Counts a step at this depth. @returns whether the limits allow to record it */
  countStep(depth: number): boolean;
  /** Runs `fn()` in the scope of the step, exactly once, also if the scope manager fails. */
  runInScope<R>(step: ScopeStep | undefined, fn: () => R): R;
  /** Makes the row wait for the promise that the function given as `option` returned. Never throws. */
  awaitOption(
    option: string,
    promise: PromiseLike<unknown>,
    record: (value: unknown) => void,
  ): void;
  /** Its columns, of which the inputs are those of the root step. */
  readonly columns: AppColumns;
  /** Sets the age in milliseconds at which the trace is abandoned. */
  setMaxAge(ms: number): void;
  /** Records what is deferred of its steps. */
  recordDeferred(): void;
  /** Called when the root step ended. */
  rootEnded(): void;
  /** Called when a step with a price ended. */
  pricedStepEnded(): void;
  /** Reports a failure of this library. Never throws. */
  reportFailure(what: string, error: unknown): void;
  /** Reports that a function among the options threw. Never throws. */
  reportOptionThrew(option: string, error: unknown): void;
  /** Reports that something is not recorded because the trace has ended. */
  reportTooLate(what: string): void;
}
