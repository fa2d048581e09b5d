/** Sends updates of published rows (feedback, ground truth, business signals), with retries until a deadline. */

import { checkNumbers, waitRule } from '../../config/checks.js';
import { monotonicMs } from '../../platform/clock.js';
import { delay, startTimer, stopTimer, type Timer } from '../../platform/timers.js';
import type { OpenlayerApi } from '../../publish/openlayer/openlayer-api.js';
import { SendError } from '../../publish/transport/send-error.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import type { RowUpdateConfig } from '../../wire.js';
import {
  type Feedback,
  failedUpdate,
  type UpdateOptions,
  type UpdateResult,
} from './row-update.js';
import { feedbackUpdate, RowUpdateBodies } from './row-update-body.js';

export interface RowUpdaterOptions {
  /** Why rows cannot be updated, and what to do; undefined if they can. */
  readonly whyRefused: string | undefined;
  /** Masks the values of the update. */
  readonly redactor: Redactor;
  /** Flushes queued rows: the row to update may be one of them. */
  readonly flush: (inferenceId: string, deadlineMs: number) => Promise<void>;
}

/** Wait before the first retry, which doubles each time: the platform may not list a new row yet. */
const FIRST_WAIT_MS = 250;

/** Default of `deadlineMs`. Until then a pending update keeps the process alive. */
const DEADLINE_MS = 15_000;

/** Sends the updates of one tracer. */
export class RowUpdater {
  readonly #api: OpenlayerApi;
  readonly #options: RowUpdaterOptions;
  readonly #bodies: RowUpdateBodies;

  constructor(api: OpenlayerApi, options: RowUpdaterOptions) {
    this.#api = api;
    this.#options = options;
    this.#bodies = new RowUpdateBodies(options.redactor);
  }

  update(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.#update(inferenceId, options, () =>
      this.#bodies.textOf(inferenceId, { row, config }),
    );
  }

  feedback(
    inferenceId: string,
    feedback: Feedback,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.#update(inferenceId, options, () =>
      this.#bodies.textOf(inferenceId, feedbackUpdate(feedback)),
    );
  }

  async #update(
    inferenceId: string,
    options: UpdateOptions | undefined,
    bodyText: () => string,
  ): Promise<UpdateResult> {
    const deadline = new AbortController();
    let keepAlive: Timer | undefined;
    try {
      const { deadlineMs } = checkNumbers(
        { deadlineMs: waitRule(DEADLINE_MS) },
        options,
        'options',
      );
      const endsAt = monotonicMs() + deadlineMs;
      // Without a timer, a process that awaits this promise would exit.
      keepAlive = startTimer(() => deadline.abort(), deadlineMs);
      const body = new TextEncoder().encode(bodyText());
      const { whyRefused } = this.#options;
      if (whyRefused !== undefined) throw new Error(`the row cannot be updated: ${whyRefused}`);
      await Promise.race([
        this.#options.flush(inferenceId, deadlineMs),
        delay(deadlineMs, deadline.signal),
      ]);
      if (deadline.signal.aborted) {
        throw new SendError(
          'given_up',
          `the row to update was still queued after ${deadlineMs} ms`,
        );
      }
      await this.#put(inferenceId, body, deadline.signal, endsAt);
      return { ok: true };
    } catch (error) {
      return failedUpdate(error);
    } finally {
      stopTimer(keepAlive);
      deadline.abort();
    }
  }

  async #put(
    inferenceId: string,
    body: Uint8Array,
    signal: AbortSignal,
    endsAt: number,
  ): Promise<void> {
    const path = `rows?inferenceId=${encodeURIComponent(inferenceId)}`;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#api.call({ method: 'PUT', path, body, signal });
        return;
      } catch (error) {
        if (!mayRetry(error)) throw error;
        const jittered = FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random());
        const waitMs = Math.max(jittered, error.retryAfterMs ?? 0);
        // No attempt after the deadline, whose result would be lost.
        if (monotonicMs() + waitMs >= endsAt) throw error;
        await delay(waitMs);
      }
    }
  }
}

/** Whether a retry may succeed: also if the row does not exist yet. */
function mayRetry(error: unknown): error is SendError {
  return error instanceof SendError && (error.isRetryable || error.code === 'not_found');
}
