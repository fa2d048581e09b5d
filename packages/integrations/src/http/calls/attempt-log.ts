interface LoggedAttempt {
  readonly startedMs: number;
  status?: number;
  error?: string;
  latencyMs?: number;
}

/** The attempts of one call: the status of each response, its error, and how long it took. */
export class AttemptLog {
  readonly #all: LoggedAttempt[] = [];

  get count(): number {
    return this.#all.length;
  }

  /** Whether an attempt has received a response of a failure. */
  get hasFailedResponse(): boolean {
    return this.#all.some(({ status = 0 }) => status >= 400);
  }

  /** Milliseconds since the start of the last attempt. */
  lastElapsedMs(nowMs: number): number {
    return nowMs - (this.#all.at(-1)?.startedMs ?? nowMs);
  }

  /** @param nowMs milliseconds since the start of the call, as in the other methods */
  start(nowMs: number): void {
    this.#all.push({ startedMs: nowMs });
  }

  /** The last attempt has received a response. */
  setStatus(status: number): void {
    const last = this.#all.at(-1);
    if (last !== undefined) last.status = status;
  }

  /** The last attempt has ended, if it has not ended before. */
  end(nowMs: number, error?: string): void {
    const last = this.#all.at(-1);
    if (last === undefined || last.latencyMs !== undefined) return;
    last.latencyMs = nowMs - last.startedMs;
    if (error !== undefined) last.error = error;
  }

  /** The value of `metadata.attempts`. The latency of an attempt that has not ended is null. */
  get entries(): readonly object[] {
    return this.#all.map(({ status, error, latencyMs }) => ({
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      latencyMs: latencyMs === undefined ? null : Math.round(latencyMs),
    }));
  }
}
