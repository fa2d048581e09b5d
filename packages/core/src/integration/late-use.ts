/** What a call goes on to use although the client that it is for has left. */

interface CallUse {
  readonly startedMs: number;
  readonly endedMs: number;
  /** How much of the answer has come, in any unit that grows with it. */
  readonly amount: number;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
}

export class LateUse {
  readonly #leftMs: number;
  readonly #amountAtLeave: number;

  /** @param amountAtLeave how much of the answer had come by then */
  constructor(leftMs: number, amountAtLeave: number) {
    this.#leftMs = leftMs;
    this.#amountAtLeave = amountAtLeave;
  }

  /** As it stands in the metadata of the call's step. */
  of(call: CallUse): Readonly<Record<string, unknown>> {
    const { promptTokens, completionTokens } = call;
    const latencyMs = Math.round(call.endedMs - this.#leftMs);
    if (this.#leftMs <= call.startedMs) {
      return {
        latencyMs,
        ...(promptTokens !== undefined && { promptTokens }),
        ...(completionTokens !== undefined && { completionTokens }),
      };
    }
    if (completionTokens === undefined) return { latencyMs };
    const share = call.amount > 0 ? 1 - this.#amountAtLeave / call.amount : 1;
    return {
      latencyMs,
      completionTokens: Math.round(completionTokens * share),
      // How the tokens are spread over a stream is not told.
      ...(this.#amountAtLeave > 0 && { isEstimate: true }),
    };
  }
}
