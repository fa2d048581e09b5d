/** The free functions that act on the process-wide tracer. */

import {
  type Feedback,
  failedUpdate,
  type UpdateOptions,
  type UpdateResult,
} from '../tracer/row-updates/row-update.js';
import type { RowUpdateConfig } from '../wire.js';
import { existingTracer, getTracer } from './default-tracer.js';

/**
 * Resolves when every ended trace of the process-wide tracer is delivered, dropped or kept on disk, or after `deadlineMs`
 * milliseconds (default 10000). Never rejects.
 */
export async function flush(options?: { readonly deadlineMs?: number | undefined }): Promise<void> {
  await existingTracer()?.flush(options);
}

/**
 * Delivers the rows of the process-wide tracer for at most `deadlineMs` milliseconds (default 5000), then stops it. Rows that
 * are left stay on disk with a spool, and count as dropped (`shut_down`) without one, as do later traces. Never rejects.
 */
export async function shutdown(options?: {
  readonly deadlineMs?: number | undefined;
}): Promise<void> {
  await existingTracer()?.shutdown(options);
}

/** The counts of the process-wide tracer in the Prometheus text format; '' while there is no tracer. */
export function metricsText(): string {
  return existingTracer()?.metricsText() ?? '';
}

/**
 * Adds a person's feedback, and any business signals, to a row. If the platform does not have the row yet, retries for at
 * most `deadlineMs` milliseconds (default 15000).
 * @param inferenceId of the row, such as the request's `x-request-id`
 * @param columns the columns to add; a column that the trace itself wrote is an error
 * @returns `{ ok: true }`, or `{ ok: false, error }`; never rejects
 *
 * @example
 * await feedback('req-42', { humanFeedback: 'thumbs_up', comment: 'Short and right.' });
 */
export async function feedback(
  inferenceId: string,
  columns: Feedback,
  options?: UpdateOptions,
): Promise<UpdateResult> {
  try {
    return await getTracer().feedback(inferenceId, columns, options);
  } catch (error) {
    return failedUpdate(error);
  }
}

/**
 * Adds columns to a published row, or overwrites them. If the platform does not have the row yet, retries for at most
 * `deadlineMs` milliseconds (default 15000).
 * @param row 1 to 100 columns
 * @param config names the columns with a meaning for the platform, such as `groundTruthColumnName`
 * @returns `{ ok: true }`, or `{ ok: false, error }`; never rejects
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
