/** What a tracer can be told. */

import type { Diagnostic, LogLevel } from '../diagnostics.js';
import type { RetryPolicy } from '../publish/backoff.js';
import type { PublisherLimits } from '../publish/publisher.js';
import type { SpoolOptions } from '../publish/spool/settings.js';
import type { Transport } from '../publish/user-transport.js';
import type { ScopeManager } from '../scope.js';
import type { Pricing } from '../trace/pricing.js';
import type { TraceLimits } from '../trace/recorder.js';
import type { RedactOptions } from '../trace/redact.js';
import type { BudgetOptions } from '../trace/spending.js';
import type { Trace, Usage } from '../trace/types.js';

/** Settings of a tracer. Each wins over its environment variable. */
export interface TracerOptions {
  /** Workspace API key. @default OPENLAYER_API_KEY */
  readonly apiKey?: string | undefined;
  /** The pipeline that takes the rows. @default OPENLAYER_INFERENCE_PIPELINE_ID */
  readonly inferencePipelineId?: string | undefined;
  /** Ends in `/v1`. @default OPENLAYER_BASE_URL, else https://api.openlayer.com/v1 */
  readonly baseUrl?: string | undefined;
  /** Whether to send the API key over plain http to a host that is not this machine. @default false */
  readonly dangerouslyAllowHttp?: boolean | undefined;
  /** Whether to trace and publish at all. @default false where OPENLAYER_DISABLE_PUBLISH is true, on or 1, else true */
  readonly publish?: boolean | undefined;
  /** How the current step is carried along. @default AsyncLocalStorage */
  readonly scope?: ScopeManager | undefined;
  /** Which values are masked before they leave the request. @default keys that are known as secrets */
  readonly redact?: RedactOptions | false | undefined;
  /** Bounds of traces and of what is logged in them. */
  readonly limits?: Partial<TraceLimits> | undefined;
  /** Bounds of batches and of the queue. */
  readonly batch?: Partial<PublisherLimits> | undefined;
  /** How failed sends are repeated. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Keeps on disk what is not delivered yet. @default off, unless OPENLAYER_SPOOL_DIR names a folder */
  readonly spool?: SpoolOptions | undefined;
  /**
   * Whether SIGTERM and SIGINT deliver what they can before they end the process. Where the app listens for them too,
   * its end is the app's affair, which calls `shutdown()`. @default false
   */
  readonly handleSignals?: boolean | undefined;
  /** Longest that one call to the platform may take as a whole, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** Least severe level of our own lines on stderr. @default OPENLAYER_LOG, else 'warn' */
  readonly logLevel?: LogLevel | undefined;
  /** Takes our diagnostics instead of stderr, each at most once a minute. It may be asynchronous. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Knows what calls of models cost, for `usage` and `budget`. @default nobody does */
  readonly pricing?: Pricing | undefined;
  /** Told of what a trace has used so far, after each of its calls of a model. It may be asynchronous. */
  readonly onUsage?: ((usage: Usage, trace: Trace) => void) | undefined;
  /** What one trace may cost, and what happens when it has. Needs `pricing`. */
  readonly budget?: BudgetOptions | undefined;
  /** Takes the batches instead of the platform; for tests and for other destinations. */
  readonly transport?: Transport | undefined;
}

/** The compiler holds the list to be complete. */
const KNOWN: Readonly<Record<keyof TracerOptions, true>> = {
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
  transport: true,
};

export const TRACER_OPTIONS = Object.keys(KNOWN) as readonly (keyof TracerOptions)[];
