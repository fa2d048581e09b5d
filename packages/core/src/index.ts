/** The entry point for apps. Every adapter exports all of it. */

import './platform/load-platform.js';

export { configure, getTracer } from './api/default-tracer.js';
export {
  addStep,
  currentStep,
  currentTrace,
  startStep,
  step,
  updateCurrentStep,
  updateCurrentTrace,
} from './api/free-functions.js';
export { type LogFields, logFields } from './api/log-fields.js';
export type { TraceOptions } from './api/trace-options.js';
export { trace, traced } from './api/traced.js';
export { feedback, flush, metricsText, shutdown, updateRow } from './api/tracer-functions.js';
export { ConfigError } from './config/checks.js';
export type { TracerOptions } from './config/tracer-options.js';
export type { DiagnosticReason } from './diagnostics/diagnostic-reason.js';
export type { Diagnostic, LogLevel } from './diagnostics/diagnostics.js';
export type {
  CaptureOptions,
  InferenceIdOptions,
  TraceContextOptions,
  TracingOptions,
} from './http/options/tracing-options.js';
export { getTrace } from './http/trace/traced-requests.js';
export type { RetryPolicy } from './publish/chain/backoff.js';
export type { PublisherLimits } from './publish/queue/row-publisher.js';
export type { DropReason } from './publish/transport/drop-reason.js';
export { SendError, type SendErrorCode } from './publish/transport/send-error.js';
export type { TraceExport } from './publish/transport/trace-export.js';
export type {
  Batch,
  BatchRow,
  Delivery,
  SendOptions,
  Transport,
} from './publish/transport/user-transport.js';
export type { Durability, SpoolMode, SpoolOptions } from './spool/folder/spool-options.js';
export type {
  AgentFields,
  ChatCompletionFields,
  EmbeddingFields,
  FinishedStep,
  GuardrailFields,
  HandoffFields,
  RetrieverFields,
  StepOptions,
  StepUpdate,
  ToolFields,
} from './trace/model/step-types.js';
export type {
  Outcome,
  RequestTrace,
  SettledTrace,
  StartedTrace,
  Step,
  Trace,
  TraceUpdate,
  Usage,
} from './trace/model/trace-api.js';
export type { TraceLimits } from './trace/model/trace-limits.js';
export type { ScopeManager } from './trace/scope/scope.js';
export {
  BudgetError,
  type BudgetExceeded,
  type BudgetOptions,
} from './trace/usage/cost-tracker.js';
export type { Billing, PricedCall, Pricing } from './trace/usage/pricing.js';
export type { TokenCounts } from './trace/usage/token-counts.js';
export type {
  DestinationStats,
  StartTraceOptions,
  Tracer,
  TracerStats,
} from './tracer/api/tracer-api.js';
export type { Feedback, UpdateOptions, UpdateResult } from './tracer/row-updates/row-update.js';
export { createTracer } from './tracer/tracer.js';
export type { RedactOptions } from './values/redaction/redactor.js';
export type { Json, RowUpdateConfig, StepType, WireConfig, WireRow, WireStep } from './wire.js';
