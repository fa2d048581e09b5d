/** Reports usage and cost of running traces to the app, and enforces budgets. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { optionAsyncMessage } from '../../diagnostics/option-failure.js';
import { recognizeAcrossCopies } from '../../platform/process-wide.js';
import { startTimer } from '../../platform/timers.js';
import { watchRejection } from '../../values/reading/thenable.js';
import type { Trace, Usage } from '../model/trace-api.js';
import { isPrice, type Pricing } from './pricing.js';

/** What `onExceeded` is given: a trace that cost more than its budget. */
export interface BudgetExceeded {
  /** The trace. It is still open. */
  readonly trace: Trace;
  /** Its usage so far; `estimatedCost` is above `usd`. */
  readonly usage: Usage;
  /** The budget, in US dollars. */
  readonly usd: number;
}

/** What one trace may cost. */
export interface BudgetOptions {
  /** Limit for the `usage.estimatedCost` of one trace, in US dollars. Above 0. */
  readonly usd: number;
  /** Called once per trace; it may be asynchronous. `'abort'` aborts the `signal` of a request's trace with a `BudgetError`. */
  readonly onExceeded: 'abort' | ((exceeded: BudgetExceeded) => void);
}

/** The `reason` of a trace's `signal` that was aborted because the trace exceeded its budget. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
}

recognizeAcrossCopies(BudgetError, 'BudgetError.v1');

/** A trace whose cost is watched. */
interface CostedTrace extends Trace {
  readonly isOpen: boolean;
  /** Aborts the trace's signal, if it has one. */
  abort(reason: Error): void;
}

export interface CostOptions {
  readonly pricing: Pricing | undefined;
  readonly onUsage: ((usage: Usage, trace: Trace) => void) | undefined;
  readonly budget: BudgetOptions | undefined;
}

/** Calls `onUsage` and enforces `budget` after each model call and each other billed call. */
export class CostTracker {
  readonly pricing: Pricing | undefined;
  readonly #options: CostOptions;
  readonly #diagnostics: Diagnostics;
  readonly #exceeded = new WeakSet<CostedTrace>();

  constructor(options: CostOptions, diagnostics: Diagnostics) {
    this.#options = options;
    this.#diagnostics = diagnostics;
    this.pricing = options.pricing === undefined ? undefined : this.#checked(options.pricing);
  }

  /** Pricing that never throws, and whose promises and other wrong values count as no value, since `usage` is synchronous. */
  #checked(pricing: Pricing): Pricing {
    return {
      price: (call) => this.#price(this.#valueOf('pricing.price', () => pricing.price(call))),
      unpriced: (call) => {
        const reasons: unknown = this.#valueOf('pricing.unpriced', () => pricing.unpriced?.(call));
        if (!Array.isArray(reasons)) return [];
        return this.#valueOf('pricing.unpriced', () => reasons.map(String)) ?? [];
      },
      ...(pricing.ready !== undefined && { ready: () => this.#ready(pricing) }),
    };
  }

  /** What the function of the app returns; undefined if it throws or returns a promise, both of which are reported. */
  #valueOf<T>(option: string, fn: () => T): T | undefined {
    try {
      const value = fn();
      return this.#isPromised(option, value) ? undefined : value;
    } catch (error) {
      this.#reportFailure(option, error);
      return undefined;
    }
  }

  #price(value: unknown): number | undefined {
    if (isPrice(value)) return value;
    if (value !== undefined && value !== null) {
      const what = typeof value === 'number' ? value : typeof value;
      this.#reportFailure(
        'pricing.price',
        new TypeError(`expected a finite number from 0 or undefined, but it returned ${what}`),
      );
    }
    return undefined;
  }

  #ready(pricing: Pricing): Promise<void> | undefined {
    try {
      return pricing.ready?.();
    } catch (error) {
      this.#reportFailure('pricing.ready', error);
      return undefined;
    }
  }

  #isPromised(option: string, value: unknown): boolean {
    if (!watchRejection(value, (error) => this.#reportFailure(option, error))) return false;
    this.#diagnostics.report('error', `option_${option}_async`, optionAsyncMessage(option));
    return true;
  }

  /** Whether the app is called after each billed call, so that the usage must be known by then. */
  get reportsCalls(): boolean {
    return this.#options.onUsage !== undefined || this.#options.budget !== undefined;
  }

  /** Call it when a billed call starts, so that prices are loaded. Never throws. */
  callStarted(): void {
    this.#whenReady(() => {});
  }

  /** Call it when a billed call ended: reports the trace's usage and checks its budget. Never throws. */
  callEnded(trace: CostedTrace): void {
    if (!this.reportsCalls) return;
    const report = () => {
      try {
        this.#reportUsage(trace);
      } catch (error) {
        this.#reportFailure('usage', error);
      }
    };
    // Prices that need no list are reported at once: the trace may end before the list is loaded.
    const isKnown = trace.usage.unpriced.not_loaded === undefined;
    if (isKnown) report();
    this.#whenReady(isKnown ? () => {} : report);
  }

  /** Calls `then` when the prices are loaded, or cannot be. */
  #whenReady(then: () => void): void {
    const ready = this.pricing?.ready?.();
    if (ready === undefined) {
      then();
      return;
    }
    new Promise((resolve) => resolve(ready)).then(then, (error: unknown) => {
      this.#reportFailure('pricing.ready', error);
      then();
    });
  }

  #reportUsage(trace: CostedTrace): void {
    if (!trace.isOpen) return;
    const { onUsage, budget } = this.#options;
    const { usage } = trace;
    try {
      this.#watchRejection('onUsage', onUsage?.(usage, trace));
    } catch (error) {
      this.#reportFailure('onUsage', error);
    }
    if (budget === undefined || (usage.estimatedCost ?? 0) <= budget.usd) return;
    if (this.#exceeded.has(trace)) return;
    this.#exceeded.add(trace);
    this.#exceed(trace, usage, budget);
  }

  #exceed(trace: CostedTrace, usage: Usage, { usd, onExceeded }: BudgetOptions): void {
    trace.update({
      metadata: { budgetExceeded: { usd, estimatedCost: usage.estimatedCost } },
    });
    // After this turn, so that the caller gets the response that is already paid for before the signal aborts.
    startTimer(() => {
      try {
        if (typeof onExceeded === 'function')
          this.#watchRejection('budget.onExceeded', onExceeded({ trace, usage, usd }));
        else trace.abort(new BudgetError(`the trace cost more than ${usd} US dollars`));
      } catch (error) {
        this.#reportFailure('budget.onExceeded', error);
      }
    }, 0);
  }

  #watchRejection(what: string, returned: unknown): void {
    watchRejection(returned, (error) => this.#reportFailure(what, error));
  }

  #reportFailure(what: string, error: unknown): void {
    this.#diagnostics.report(
      'error',
      'spending_failed',
      `${what} failed; the call is not affected`,
      error,
    );
  }
}
