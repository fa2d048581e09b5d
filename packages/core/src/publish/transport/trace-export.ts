/** A second place to which traces are sent, beside the platform. */

import type { Transport } from './user-transport.js';

/**
 * One element of the option `exports`, such as what `otelExport()` of @openlayer-tracing/otel returns. It has its own queue, retries,
 * part of the spool and counts, so that its failures affect no other destination.
 */
export interface TraceExport {
  /** Names the export in `stats().exports` and in metrics. Each export of a tracer has another name. */
  readonly name: string;
  /** Names the place that the rows go to, such as its URL. Rows on disk are sent only to the place that they were written for. */
  readonly address: string;
  /** Receives the batches. Core retries sends that fail with a retryable `SendError`, so it must not retry itself. */
  readonly transport: Transport;
  /** Whether it gets nothing, because the environment switches it off. @default false */
  readonly isOff?: boolean | undefined;
  /** What is wrong in environment variables of the export, reported as `bad_environment`. @default none */
  readonly problems?: readonly string[] | undefined;
}
