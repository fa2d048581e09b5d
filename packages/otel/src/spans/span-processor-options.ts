/** The options of the span processor, and their check. */

import {
  assertKnown,
  assertObject,
  ConfigError,
  checkOneOf,
} from '@openlayer-tracing/core/integration';
import type { SpanKind, SpanScope } from '../dialects/data/span-data.js';

/** What is known of a span at its start. */
export interface StartedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  /** Those that were set when it started. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The instrumentation that made the span. */
  readonly scope: SpanScope;
}

/** The options of `openlayerSpanProcessor()`. */
export interface SpanProcessorOptions {
  /**
   * Decides whether a span becomes a step; `undefined` leaves the decision to the default. The children of a span that is left
   * out are below the step above it. If it throws, the default decides, and a diagnostic is reported.
   * @default leaves out what the trace has already: the spans of the request itself and of frameworks (Express, Koa, Hono,
   *   Next.js, ...), those of sockets, DNS and files, and the HTTP requests of model calls
   */
  readonly filter?: ((span: StartedSpan) => boolean | undefined) | undefined;
  /**
   * What happens to spans outside any trace: they are left out (`'drop'`), or those of model calls, agents and tools are recorded
   * as traces of their own (`'trace'`).
   * @default 'drop'
   */
  readonly orphans?: 'drop' | 'trace' | undefined;
}

/** The compiler checks that the list is complete. */
const KNOWN: Readonly<Record<keyof SpanProcessorOptions, true>> = { filter: true, orphans: true };
const ORPHANS = ['drop', 'trace'] as const;

/** @throws ConfigError if an option is wrong */
export function checkOptions(options: SpanProcessorOptions): void {
  assertObject(options, 'the options of openlayerSpanProcessor()');
  assertKnown(options, KNOWN, 'openlayerSpanProcessor');
  const { filter, orphans } = options;
  if (filter !== undefined && typeof filter !== 'function') {
    throw new ConfigError('openlayerSpanProcessor.filter must be a function');
  }
  checkOneOf(orphans, 'openlayerSpanProcessor.orphans', ORPHANS);
}
