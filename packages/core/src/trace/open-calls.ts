/** The calls of model clients in a trace that have not ended. */

/** A call of a model client that is notified of the end of its trace. */
export interface OpenCall {
  readonly step: object;
  /** Increases with all that the provider sends. */
  readonly received: number;
  /** Whether the provider has to send something before the call can go on. */
  readonly isWaiting: boolean;
  /** The trace has settled; `waitUntil` still keeps it open. Never throws. */
  traceSettled(): void;
  /** The trace is about to end; updates are still recorded. Never throws. */
  traceEnding(): void;
}

export class OpenCalls {
  readonly #calls = new Set<OpenCall>();

  /** Adds a call, which is notified until it is removed. */
  add(call: OpenCall): void {
    this.#calls.add(call);
  }

  remove(call: OpenCall): void {
    this.#calls.delete(call);
  }

  /** Whether the step is the one of a call. */
  has(step: object): boolean {
    for (const call of this.#calls) if (call.step === step) return true;
    return false;
  }

  /** Whether a call waits for its provider. */
  get isWaiting(): boolean {
    for (const call of this.#calls) if (call.isWaiting) return true;
    return false;
  }

  /** Increases with all that the calls receive. */
  get received(): number {
    let received = 0;
    for (const call of this.#calls) received += call.received;
    return received;
  }

  traceSettled(): void {
    for (const call of this.#calls) call.traceSettled();
  }

  traceEnding(): void {
    for (const call of this.#calls) call.traceEnding();
  }
}
