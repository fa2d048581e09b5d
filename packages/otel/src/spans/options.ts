/** The options of the span processor, and their check. */

import { unknownKey } from '@openlayer-tracing/core/integration';
import type { SpanKind, SpanScope } from '../dialects/span-data.js';

/** What is known of a span at its start. */
export interface StartedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The instrumentation that made the span. */
  readonly scope: SpanScope;
}

export interface SpanProcessorOptions {
  /**
   * Decides whether a span becomes a step; `undefined` leaves the decision to the default. The children of a span that is left
   * out are below the step above it. If it throws, the default decides, and a diagnostic is reported.
   *
   * The default leaves out what the trace has already: the spans of the request itself and of frameworks (Express, Koa, Hono,
   * Next.js, ...), those of sockets, DNS and files, and the HTTP requests of model calls.
   */
  readonly filter?: ((span: StartedSpan) => boolean | undefined) | undefined;
  /**
   * What happens to spans outside any trace: they are left out (`'drop'`), or those of model calls, agents and tools are recorded
   * as traces of their own (`'trace'`).
   * @default 'drop'
   */
  readonly orphans?: 'drop' | 'trace' | undefined;
}

const KNOWN: Readonly<Record<keyof SpanProcessorOptions, true>> = { filter: true, orphans: true };

/** @throws TypeError for an unknown or wrong option */
export function checkOptions(options: SpanProcessorOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('the options of openlayerSpanProcessor() must be an object');
  }
  const names = Object.keys(KNOWN);
  for (const key of Object.keys(options)) {
    if (!names.includes(key)) {
      throw new TypeError(`openlayerSpanProcessor: ${unknownKey(key, names)}`);
    }
  }
  const { filter, orphans } = options;
  if (filter !== undefined && typeof filter !== 'function') {
    throw new TypeError('filter must be a function');
  }
  if (orphans !== undefined && orphans !== 'drop' && orphans !== 'trace') {
    throw new TypeError("orphans must be 'drop' or 'trace'");
  }
}
