/** The tries of one call: when each began, what it was answered, and how long it took. */

interface Try {
  readonly beganMs: number;
  status?: number;
  error?: string;
  latencyMs?: number;
}

export class Tries {
  readonly #tries: Try[] = [];

  get count(): number {
    return this.#tries.length;
  }

  /** @param nowMs milliseconds since the call began, here and below */
  begin(nowMs: number): void {
    this.#tries.push({ beganMs: nowMs });
  }

  /** The last one has an answer. */
  answered(status: number): void {
    const last = this.#tries.at(-1);
    if (last !== undefined) last.status = status;
  }

  /** The last one is over. */
  end(nowMs: number, error?: string): void {
    const last = this.#tries.at(-1);
    if (last === undefined) return;
    last.latencyMs = nowMs - last.beganMs;
    if (error !== undefined) last.error = error;
  }

  /** As they stand in the metadata; the latency of one that goes on is null. */
  get list(): readonly object[] {
    return this.#tries.map(({ status, error, latencyMs }) => ({
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      latencyMs: latencyMs === undefined ? null : Math.round(latencyMs),
    }));
  }
}
