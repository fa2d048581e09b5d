/** Tells the app what its traces use and cost while they run, and when that is too much. */

import type { Diagnostics } from '../diagnostics.js';
import { recognizeAcrossCopies } from '../process-wide.js';
import { startTimer } from '../publish/delay.js';
import type { Pricing } from './pricing.js';
import { watchRejection } from './promised.js';
import type { RecordedTrace } from './recorded-trace.js';
import type { Trace, Usage } from './types.js';

/** A trace that cost more than it may. */
export interface BudgetExceeded {
  readonly trace: Trace;
  readonly usage: Usage;
  /** What it may cost. */
  readonly usd: number;
}

export interface BudgetOptions {
  /** What one trace may cost by our estimate, in US dollars. */
  readonly usd: number;
  /** Called once per trace, and may be asynchronous; `'abort'` aborts the `signal` of a request's trace. */
  readonly onExceeded: 'abort' | ((exceeded: BudgetExceeded) => void);
}

/** Given to whoever listens to the signal of a request that cost too much. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
}

recognizeAcrossCopies(BudgetError, 'BudgetError.v1');

export interface SpendingOptions {
  readonly pricing: Pricing | undefined;
  readonly onUsage: ((usage: Usage, trace: Trace) => void) | undefined;
  readonly budget: BudgetOptions | undefined;
}

export class Spending {
  readonly pricing: Pricing | undefined;
  readonly #options: SpendingOptions;
  readonly #diagnostics: Diagnostics;
  readonly #exceeded = new WeakSet<RecordedTrace>();

  constructor(options: SpendingOptions, diagnostics: Diagnostics) {
    this.#options = options;
    this.#diagnostics = diagnostics;
    this.pricing = options.pricing === undefined ? undefined : this.#prompt(options.pricing);
  }

  /** A price that is promised is none: `usage` tells what is known now. */
  #prompt(pricing: Pricing): Pricing {
    return {
      price: (call) => {
        const price = pricing.price(call);
        if (!watchRejection(price, (error) => this.#failed('pricing.price', error))) return price;
        this.#diagnostics.report(
          'error',
          'option_pricing.price_async',
          'pricing.price returned a promise; its value is needed at once, so that the call has no price',
        );
        return undefined;
      },
      ready: () => pricing.ready?.(),
    };
  }

  /** A call of a model begins: prices will be needed. Never throws. */
  callBegins(): void {
    this.#whenReady(() => {});
  }

  /** A call of a model ended. Never throws. */
  callEnded(trace: RecordedTrace): void {
    if (this.#options.onUsage === undefined && this.#options.budget === undefined) return;
    this.#whenReady(() => {
      try {
        this.#tell(trace);
      } catch (error) {
        this.#failed('usage', error);
      }
    });
  }

  #whenReady(then: () => void): void {
    try {
      const ready = this.pricing?.ready?.();
      if (ready === undefined) then();
      else Promise.resolve(ready).then(then, (error: unknown) => this.#failed('pricing', error));
    } catch (error) {
      this.#failed('pricing', error);
    }
  }

  #tell(trace: RecordedTrace): void {
    if (!trace.isOpen) return;
    const { onUsage, budget } = this.#options;
    const { usage } = trace;
    try {
      this.#watch('onUsage', onUsage?.(usage, trace));
    } catch (error) {
      this.#failed('onUsage', error);
    }
    if (budget === undefined || (usage.estimatedCost ?? 0) <= budget.usd) return;
    if (this.#exceeded.has(trace)) return;
    this.#exceeded.add(trace);
    this.#exceed(trace, usage, budget);
  }

  #exceed(trace: RecordedTrace, usage: Usage, { usd, onExceeded }: BudgetOptions): void {
    trace.root.mergeMetadata({ budgetExceeded: { usd, estimatedCost: usage.estimatedCost } });
    // The answer that was one too many is paid for: its caller shall have it before anything is stopped.
    startTimer(() => {
      try {
        if (typeof onExceeded === 'function')
          this.#watch('budget.onExceeded', onExceeded({ trace, usage, usd }));
        else trace.stop(new BudgetError(`the trace cost more than ${usd} US dollars`));
      } catch (error) {
        this.#failed('budget.onExceeded', error);
      }
    }, 0);
  }

  #watch(what: string, returned: unknown): void {
    watchRejection(returned, (error) => this.#failed(what, error));
  }

  #failed(what: string, error: unknown): void {
    this.#diagnostics.report(
      'error',
      'spending_failed',
      `${what} failed; the call is not affected`,
      error,
    );
  }
}
