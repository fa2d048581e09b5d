/** The users' door. */

import './load-platform.js';

export { ConfigError } from './config/checks.js';
export type { TracerOptions } from './config/tracer-options.js';
export {
  configure,
  feedback,
  flush,
  getTracer,
  metricsText,
  shutdown,
  updateRow,
} from './default-tracer.js';
export type { Diagnostic, LogLevel } from './diagnostics.js';
export type { CaptureOptions, InferenceIdOptions, TracingOptions } from './http/options.js';
export { getTrace } from './http/traced-requests.js';
export type { RetryPolicy } from './publish/backoff.js';
export type { PublisherLimits } from './publish/publisher.js';
export type { Feedback, UpdateOptions, UpdateResult } from './publish/row-updater.js';
export type { Durability, SpoolMode, SpoolOptions } from './publish/spool/settings.js';
export { SendError, type SendErrorCode } from './publish/transport.js';
export type {
  Batch,
  BatchRow,
  Delivery,
  SendOptions,
  Transport,
} from './publish/user-transport.js';
export type { ScopeManager } from './scope.js';
export {
  addStep,
  currentStep,
  currentTrace,
  startStep,
  step,
  updateCurrentStep,
  updateCurrentTrace,
} from './trace/current.js';
export type { PricedCall, Pricing } from './trace/pricing.js';
export type { TraceLimits } from './trace/recorder.js';
export type { RedactOptions } from './trace/redact.js';
export { BudgetError, type BudgetExceeded, type BudgetOptions } from './trace/spending.js';
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
} from './trace/step-types.js';
export type { TraceOptions } from './trace/trace-options.js';
export { trace, traced } from './trace/traced.js';
export type {
  Outcome,
  RequestTrace,
  SettledTrace,
  StartedTrace,
  Step,
  Trace,
  TraceUpdate,
  Usage,
} from './trace/types.js';
export { createTracer } from './tracer.js';
export type { StartTraceOptions, Tracer, TracerStats } from './tracer-api.js';
export type { Json, RowUpdateConfig, StepType, WireConfig, WireRow, WireStep } from './wire.js';
