/** The options of a tracer. */

import type { Diagnostic, LogLevel } from '../diagnostics/diagnostics.js';
import type { RetryPolicy } from '../publish/chain/backoff.js';
import type { PublisherLimits } from '../publish/queue/row-publisher.js';
import type { TraceExport } from '../publish/transport/trace-export.js';
import type { Transport } from '../publish/transport/user-transport.js';
import type { SpoolOptions } from '../spool/folder/spool-options.js';
import type { Trace, Usage } from '../trace/model/trace-api.js';
import type { TraceLimits } from '../trace/model/trace-limits.js';
import type { ScopeManager } from '../trace/scope/scope.js';
import type { BudgetOptions } from '../trace/usage/cost-tracker.js';
import type { Pricing } from '../trace/usage/pricing.js';
import type { RedactOptions } from '../values/redaction/redactor.js';

/** Options of a tracer. Each wins over its environment variable. A wrong value or an unknown key throws a `ConfigError`. */
export interface TracerOptions {
  /** API key of the workspace. @default OPENLAYER_API_KEY */
  readonly apiKey?: string | undefined;
  /** Id of the inference pipeline that rows are sent to. @default OPENLAYER_INFERENCE_PIPELINE_ID */
  readonly inferencePipelineId?: string | undefined;
  /** Base URL of the API, ending in `/v1`. @default OPENLAYER_BASE_URL, else https://api.openlayer.com/v1 */
  readonly baseUrl?: string | undefined;
  /** Whether the API key may be sent over plain http to another machine. @default false */
  readonly dangerouslyAllowHttp?: boolean | undefined;
  /** Whether to trace and publish at all. @default false where OPENLAYER_DISABLE_PUBLISH is true, on or 1, else true */
  readonly publish?: boolean | undefined;
  /** Carries the current step along asynchronous calls. @default AsyncLocalStorage */
  readonly scope?: ScopeManager | undefined;
  /** Which values are masked before rows are queued or spooled; false masks none. @default values under keys known as secrets */
  readonly redact?: RedactOptions | false | undefined;
  /** Limits of traces and of the values in them. */
  readonly limits?: Partial<TraceLimits> | undefined;
  /** Limits of batches and of the queue in memory. */
  readonly batch?: Partial<PublisherLimits> | undefined;
  /** When failed sends are retried. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Keeps rows on disk until they are delivered. Needs a file system. @default off, unless OPENLAYER_SPOOL_DIR names a folder */
  readonly spool?: SpoolOptions | undefined;
  /**
   * Whether to deliver rows at SIGTERM and SIGINT, for up to 5 seconds, before the signal ends the process. If the app
   * listens for the signal too, rows are flushed, and the app has to end the process and to call `shutdown()`.
   * @default false
   */
  readonly handleSignals?: boolean | undefined;
  /** Limit for one whole call to the platform, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** Least severe level of diagnostics that are reported. @default OPENLAYER_LOG, else 'warn' */
  readonly logLevel?: LogLevel | undefined;
  /**
   * Called with each diagnostic instead of a line on stderr. It may be asynchronous. A reason is reported at most once a minute for
   * each of its subjects, such as a client. @default a line on stderr
   */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Prices of model calls, for `usage.estimatedCost` and `budget`. @default none */
  readonly pricing?: Pricing | undefined;
  /**
   * Called after each model call, and each other billed call such as reranking, with what its trace has used so far. It may be
   * asynchronous. @default none
   */
  readonly onUsage?: ((usage: Usage, trace: Trace) => void) | undefined;
  /** What one trace may cost, and what happens when it costs more. Needs `pricing`. @default no limit */
  readonly budget?: BudgetOptions | undefined;
  /** More places that get each trace, such as `otelExport()` of @openlayer-tracing/otel. Then a key is optional. @default none */
  readonly exports?: readonly TraceExport[] | undefined;
  /** Receives the batches instead of the platform, for tests and other destinations. @default the Openlayer API */
  readonly transport?: Transport | undefined;
}

/** The compiler checks that the list is complete. */
export const TRACER_OPTIONS: Readonly<Record<keyof TracerOptions, true>> = {
  apiKey: true,
  inferencePipelineId: true,
  baseUrl: true,
  dangerouslyAllowHttp: true,
  publish: true,
  scope: true,
  redact: true,
  limits: true,
  batch: true,
  retry: true,
  spool: true,
  handleSignals: true,
  timeoutMs: true,
  logLevel: true,
  onDiagnostic: true,
  pricing: true,
  onUsage: true,
  budget: true,
  exports: true,
  transport: true,
};
