/** The tracer that the whole process shares: the only process-wide value besides the scope. */

import type { TracerOptions } from './config/tracer-options.js';
import {
  type Feedback,
  failedUpdate,
  type UpdateOptions,
  type UpdateResult,
} from './publish/row-updater.js';
import { createTracerCore, type TracerCore } from './tracer.js';
import type { Tracer } from './tracer-api.js';
import type { RowUpdateConfig } from './wire.js';

const SLOT = Symbol.for('openlayer-tracing.tracer.v1');
const holder = globalThis as { [SLOT]?: TracerCore | undefined };

/**
 * The process-wide tracer, made from the environment at the first call unless it was configured before. Never throws:
 * what is wrong with the environment is one warning, with the first trace that is asked for.
 */
export function getTracer(): Tracer {
  return defaultTracer();
}

/** The same, as adapters see it. */
export function defaultTracer(): TracerCore {
  return holder[SLOT] ?? setDefaultTracer(ofProcess({}));
}

/** Tracers that nothing but the process has asked for. */
const ofProcessAlone = new WeakSet<TracerCore>();

function ofProcess(options: TracerOptions): TracerCore {
  const tracer = createTracerCore(options);
  ofProcessAlone.add(tracer);
  return tracer;
}

/**
 * Makes the process-wide tracer anew from these options and the environment. What the one before it still holds is
 * delivered with its own settings; then the process holds it no longer. Who has it may still trace by it.
 * @throws ConfigError where an option cannot work
 */
export function configure(options: TracerOptions): Tracer {
  const before = existingTracer();
  const tracer = setDefaultTracer(ofProcess(options));
  if (tracer.isEnabled) before?.publishing.useKeyOf(tracer.publishing);
  if (before !== undefined && ofProcessAlone.has(before)) before.retire();
  return tracer;
}

/** Replaces the process-wide tracer; undefined has it made from the environment at its next use. */
export function setDefaultTracer<T extends TracerCore | undefined>(tracer: T): T {
  Object.defineProperty(holder, SLOT, { value: tracer, configurable: true, writable: true });
  return tracer;
}

/** The process-wide tracer where there is one already. */
export function existingTracer(): TracerCore | undefined {
  return holder[SLOT];
}

/**
 * Resolves when every trace of the process-wide tracer that has ended is delivered or dropped, after `deadlineMs` at the
 * latest: 10000 unless given. It never rejects.
 */
export async function flush(options?: { readonly deadlineMs?: number | undefined }): Promise<void> {
  await holder[SLOT]?.flush(options);
}

/**
 * Delivers what the process-wide tracer can within `deadlineMs`, 5000 unless given, and then stops it for good. It never
 * rejects. What is traced after it is dropped.
 */
export async function shutdown(options?: {
  readonly deadlineMs?: number | undefined;
}): Promise<void> {
  await holder[SLOT]?.shutdown(options);
}

/** The counts of the process-wide tracer in the text format that Prometheus reads; empty while there is none. */
export function metricsText(): string {
  return holder[SLOT]?.metricsText() ?? '';
}

/**
 * Adds what a person thought of an answer, and any business signals, to its row. A row that is not there yet is waited
 * for, for `deadlineMs` at most: 15000 unless given.
 * @returns whether the platform took it; it never rejects
 *
 * @example
 * await feedback('req-42', { humanFeedback: 'thumbs_up', comment: 'Short and right.' });
 */
export async function feedback(
  inferenceId: string,
  given: Feedback,
  options?: UpdateOptions,
): Promise<UpdateResult> {
  try {
    return await getTracer().feedback(inferenceId, given, options);
  } catch (error) {
    return failedUpdate(error);
  }
}

/**
 * Adds columns to a row that was published, or overwrites them. A row that is not there yet is waited for, for
 * `deadlineMs` at most: 15000 unless given.
 * @param row 1 to 100 columns
 * @param config names columns of the row that the platform gives a meaning
 * @returns whether the platform took it; it never rejects
 */
export async function updateRow(
  inferenceId: string,
  row: Readonly<Record<string, unknown>>,
  config?: RowUpdateConfig,
  options?: UpdateOptions,
): Promise<UpdateResult> {
  try {
    return await getTracer().updateRow(inferenceId, row, config, options);
  } catch (error) {
    return failedUpdate(error);
  }
}
