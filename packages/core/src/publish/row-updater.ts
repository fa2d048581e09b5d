/** Adds to rows that were published: feedback, ground truth, business signals. */

import { numbers } from '../config/checks.js';
import { unknownKey } from '../config/unknown-key.js';
import { describeError } from '../diagnostics.js';
import { monotonicMs } from '../trace/clock.js';
import { isInferenceId } from '../trace/inference-id.js';
import { parseJson } from '../trace/json-text.js';
import type { Redactor } from '../trace/redact.js';
import { Snapshotter } from '../trace/snapshot.js';
import type { RowUpdateConfig } from '../wire.js';
import { delay, startTimer, stopTimer } from './delay.js';
import { isReserved } from './layout.js';
import type { OpenlayerApi } from './openlayer-api.js';
import { SendError } from './transport.js';

const { stringify } = JSON;

/** What a person, or the business, made of an answer. */
export interface Feedback {
  /** A verdict in whatever form the app uses: `thumbs_up`, `4`, `true`, ... */
  readonly humanFeedback?: string | number | boolean | undefined;
  readonly groundTruth?: unknown;
  /** Any other key becomes a column: a comment, a conversion, a revenue. Columns that the trace has written stay as they are. */
  readonly [signal: string]: unknown;
}

/** How long an update may take. */
export interface UpdateOptions {
  /**
   * Longest wait for the platform, in milliseconds, with all tries. A row that is not there by then is no longer waited
   * for. @default 15000
   */
  readonly deadlineMs?: number | undefined;
}

/** Whether a row was updated, and if not, why. As JSON, the error has its name and its message. */
export type UpdateResult = { readonly ok: true } | { readonly ok: false; readonly error: Error };

export interface RowUpdaterOptions {
  readonly isEnabled: boolean;
  /** Masks what the row holds, as it does in traces. */
  readonly redactor: Redactor;
  /** Publishes what waits: the row may be among it. */
  readonly publish: () => Promise<void>;
}

/** A row that was just published may not be known yet: the wait before the second try, which then doubles. */
const FIRST_WAIT_MS = 250;

const MAX_COLUMNS = 100;

/** An update is masked as a trace is, but not cut: who sends it means all of it. */
const LIMITS = { maxChars: 100_000_000, maxDepth: 500, maxNodes: 10_000_000 };

/** Longest that an update takes by default. Until then it holds a process which has nothing else to do. */
const DEADLINE_MS = 15_000;

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
    let hold: ReturnType<typeof startTimer> | undefined;
    try {
      const { deadlineMs } = numbers({ deadlineMs: DEADLINE_MS }, options, 'options');
      const endsAt = monotonicMs() + deadlineMs;
      // Nothing else of ours keeps a process alive; one that waits for this promise would end without it.
      hold = startTimer(() => deadline.abort(), deadlineMs);
      const body = new TextEncoder().encode(bodyText());
      if (!this.#options.isEnabled) {
        throw new Error(
          'rows cannot be updated: publishing is off, lacks an API key or a pipeline, or goes to a transport of your own',
        );
      }
      await Promise.race([this.#options.publish(), delay(deadlineMs, deadline.signal)]);
      if (deadline.signal.aborted) {
        throw new SendError('given_up', `no traces could be delivered within ${deadlineMs} ms`);
      }
      await this.#put(inferenceId, body, deadline.signal, endsAt);
      return { ok: true };
    } catch (error) {
      return failedUpdate(error);
    } finally {
      stopTimer(hold);
      deadline.abort();
    }
  }

  #bodyText(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config: RowUpdateConfig | undefined,
  ): string {
    if (!isInferenceId(inferenceId)) {
      throw new TypeError(
        'inferenceId takes 1 to 128 characters of [A-Za-z0-9._:=@+/-], the first a letter or digit',
      );
    }
    const text = jsonText(row);
    // What JSON leaves out is no column.
    const value = text.startsWith('{') ? parseJson(text) : {};
    const columns = Object.keys(value as object).length;
    if (columns < 1 || columns > MAX_COLUMNS) {
      throw new TypeError(
        `row takes an object of 1 to ${MAX_COLUMNS} columns that JSON can hold, but has ${columns}`,
      );
    }
    const masked = this.#snapshotter.textOfParsed(text, value);
    if (config === undefined) return `{"row":${masked}}`;
    checkConfig(config);
    const names = jsonText(config);
    return `{"row":${masked},"config":${this.#snapshotter.textOfParsed(names, parseJson(names))}}`;
  }

  async #put(
    inferenceId: string,
    body: Uint8Array,
    signal: AbortSignal,
    endsAt: number,
  ): Promise<void> {
    const path = `rows?inferenceId=${encodeURIComponent(inferenceId)}`;
    for (let tries = 0; ; tries++) {
      try {
        await this.#api.call({ method: 'PUT', path, body, signal });
        return;
      } catch (error) {
        if (!mayComeTrue(error)) throw error;
        const jittered = FIRST_WAIT_MS * 2 ** tries * (0.5 + Math.random());
        const waitMs = Math.max(jittered, error.retryAfterMs ?? 0);
        // Nobody would hear of a try behind the deadline.
        if (monotonicMs() + waitMs >= endsAt) throw error;
        await delay(waitMs);
      }
    }
  }
}

/** The result of an update that failed, whatever was thrown. Never throws. */
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

/** JSON leaves out what an error has of its class, which is nearly all of it. */
function asJson(error: Error): object {
  if (error instanceof SendError) return error.toJSON();
  const { name, message } = error;
  return { name, message };
}

function mayComeTrue(error: unknown): error is SendError {
  return error instanceof SendError && (error.isRetryable || error.code === 'not_found');
}

/** The compiler holds the list to be complete. */
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

/** The columns of a feedback and which of them the platform gives a meaning. */
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
