/** A second place to which traces are sent, beside the platform. */

import type { Transport } from './user-transport.js';

/**
 * One element of the option `exports`, such as what `otelExport()` of @openlayer-tracing/otel returns. Its rows have a queue,
 * retries, a part of the spool and counts of their own: what fails here delays or loses nothing elsewhere.
 */
export interface TraceExport {
  /** Names the export in `stats().exports` and in metrics. Each export of a tracer has another name. */
  readonly name: string;
  /** Names the place that the rows go to, such as its URL. Rows on disk are sent only to the place that they were written for. */
  readonly address: string;
  /** Receives the batches. Sends that fail with a retryable `SendError` are retried, so that it makes no retries itself. */
  readonly transport: Transport;
  /** Whether it gets nothing, because the environment switches it off. @default false */
  readonly isOff?: boolean | undefined;
  /** What is wrong in environment variables of the export, reported as `bad_environment`. @default none */
  readonly problems?: readonly string[] | undefined;
}
