/** Updates published rows: feedback, ground truth, business signals. */

import { checkNumbers, wait } from '../config/checks.js';
import { describeError } from '../diagnostics/diagnostics.js';
import { unknownKey } from '../diagnostics/unknown-key.js';
import { monotonicMs } from '../platform/clock.js';
import { delay, startTimer, stopTimer, type Timer } from '../platform/timers.js';
import type { OpenlayerApi } from '../publish/openlayer/openlayer-api.js';
import { isReserved } from '../publish/row/layout.js';
import { SendError } from '../publish/transport/send-error.js';
import { INFERENCE_ID_FORM, isInferenceId } from '../trace/inference-id.js';
import { parseJson } from '../values/json-text.js';
import type { Redactor } from '../values/redactor.js';
import { Snapshotter } from '../values/snapshotter.js';
import type { RowUpdateConfig } from '../wire.js';

const { stringify } = JSON;

/** Feedback on a published row. Undefined values are left out. */
export interface Feedback {
  /** A person's verdict, in any form that the app uses: `thumbs_up`, `4`, `true`, ... */
  readonly humanFeedback?: string | number | boolean | undefined;
  /** The output that would have been right. */
  readonly groundTruth?: unknown;
  /** Any other key becomes a column: a comment, a conversion, a revenue. A column that the trace itself wrote is an error. */
  readonly [signal: string]: unknown;
}

/** Options of an update. */
export interface UpdateOptions {
  /**
   * Limit for the update with all retries, in milliseconds. If the platform does not have the row by then, the update fails.
   * @default 15000
   */
  readonly deadlineMs?: number | undefined;
}

/** Whether a row was updated, and if not, why. `JSON.stringify` shows the error's name and message. */
export type UpdateResult = { readonly ok: true } | { readonly ok: false; readonly error: Error };

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

const MAX_COLUMNS = 100;

/** Limits under which no update is cut. */
const LIMITS = { maxChars: 100_000_000, maxDepth: 500, maxNodes: 10_000_000 };

/** Default of `deadlineMs`. Until then a pending update keeps the process alive. */
const DEADLINE_MS = 15_000;

/** Sends row updates, with retries until a deadline. */
export class RowUpdater {
  readonly #api: OpenlayerApi;
  readonly #options: RowUpdaterOptions;
  readonly #snapshotter: Snapshotter;

  constructor(api: OpenlayerApi, options: RowUpdaterOptions) {
    this.#api = api;
    this.#options = options;
    this.#snapshotter = new Snapshotter(options.redactor, LIMITS);
  }

  update(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.#update(inferenceId, options, () => this.#bodyText(inferenceId, row, config));
  }

  feedback(
    inferenceId: string,
    feedback: Feedback,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.#update(inferenceId, options, () => {
      const { row, config } = feedbackUpdate(feedback);
      return this.#bodyText(inferenceId, row, config);
    });
  }

  async #update(
    inferenceId: string,
    options: UpdateOptions | undefined,
    bodyText: () => string,
  ): Promise<UpdateResult> {
    const deadline = new AbortController();
    let keepAlive: Timer | undefined;
    try {
      const { deadlineMs } = checkNumbers({ deadlineMs: wait(DEADLINE_MS) }, options, 'options');
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
        throw new SendError('given_up', `no traces could be delivered within ${deadlineMs} ms`);
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

  #bodyText(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config: RowUpdateConfig | undefined,
  ): string {
    if (!isInferenceId(inferenceId)) {
      throw new TypeError(INFERENCE_ID_FORM);
    }
    const text = jsonText(row);
    // JSON leaves out undefined and functions, so columns are counted in the parsed text.
    const value = text.startsWith('{') ? parseJson(text) : {};
    const columns = Object.keys(value as object).length;
    if (columns < 1 || columns > MAX_COLUMNS) {
      throw new TypeError(
        `row takes an object of 1 to ${MAX_COLUMNS} columns that JSON can hold, but has ${columns}`,
      );
    }
    const masked = this.#masked(text);
    if (config === undefined) return `{"row":${masked}}`;
    checkConfig(config);
    return `{"row":${masked},"config":${this.#masked(jsonText(config))}}`;
  }

  #masked(json: string): string {
    const masked = this.#snapshotter.textOfJson(json);
    if (masked === undefined) throw new TypeError('row and config take objects that JSON can hold');
    return masked;
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

/** The result of a failed update, from whatever was thrown. Never throws. */
export function failedUpdate(thrown: unknown): UpdateResult {
  let error = new Error('the update failed');
  try {
    error = thrown instanceof Error ? thrown : new Error(describeError(thrown));
    return Object.defineProperty({ ok: false, error } as const, 'toJSON', {
      value: () => ({ ok: false, error: asJson(error) }),
    });
  } catch {
    return { ok: false, error };
  }
}

/** Name and message of an error, which `JSON.stringify` leaves out. */
function asJson(error: Error): object {
  if (error instanceof SendError) return error.toJSON();
  const { name, message } = error;
  return { name, message };
}

/** Whether a retry may succeed: also if the row does not exist yet. */
function mayRetry(error: unknown): error is SendError {
  return error instanceof SendError && (error.isRetryable || error.code === 'not_found');
}

/** The compiler checks that the list is complete. */
const CONFIG: Readonly<Record<keyof RowUpdateConfig, true>> = {
  groundTruthColumnName: true,
  humanFeedbackColumnName: true,
  inferenceIdColumnName: true,
  latencyColumnName: true,
  timestampColumnName: true,
};

function checkConfig(config: RowUpdateConfig | null): void {
  if (config === null) return;
  if (typeof config !== 'object') throw new TypeError('config takes an object');
  const known = Object.keys(CONFIG);
  for (const key of Object.keys(config)) {
    if (!known.includes(key)) throw new TypeError(`config.${unknownKey(key, known, 'config')}`);
  }
}

function jsonText(value: object): string {
  try {
    return stringify(value) ?? 'undefined';
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`row cannot be written as JSON: ${reason}`, { cause });
  }
}

/** The columns of a feedback, and the `config` for those with a meaning for the platform. */
function feedbackUpdate(feedback: Feedback): {
  row: Record<string, unknown>;
  config: RowUpdateConfig;
} {
  const { humanFeedback, groundTruth, ...signals } = feedback;
  for (const name of Object.keys(signals)) {
    if (signals[name] !== undefined && isReserved(name)) {
      throw new TypeError(
        `feedback must not set ${name}, which the trace itself has written: give the signal another name, or overwrite the column by updateRow()`,
      );
    }
  }
  return {
    row: {
      ...signals,
      ...(humanFeedback !== undefined && { humanFeedback }),
      ...(groundTruth !== undefined && { groundTruth }),
    },
    config: {
      ...(humanFeedback !== undefined && { humanFeedbackColumnName: 'humanFeedback' }),
      ...(groundTruth !== undefined && { groundTruthColumnName: 'groundTruth' }),
    },
  };
}
