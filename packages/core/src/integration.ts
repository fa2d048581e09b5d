/** The entry point for integrations of model clients: not a public API. */

import './platform/load-platform.js';

export { currentStep } from './api/free-functions.js';
export { checkedUrl, DEFAULT_BASE_URL } from './config/base-url.js';
export {
  assertKnown,
  assertObject,
  ConfigError,
  checkApiKey,
  checkBoolean,
  checkNumber,
  checkPipelineId,
  checkString,
  formatValue,
  oneOf,
  withMethods,
} from './config/checks.js';
export { unknownKey } from './diagnostics/unknown-key.js';
export { registerAmbientContext } from './integration/ambient.js';
export {
  type AnnouncedRequest,
  announcedCall,
  announcedRequest,
  announceRequest,
  type RequestContent,
} from './integration/announced-request.js';
export {
  currentClientCall,
  inClientCall,
  isUntraced,
  untraced,
} from './integration/client-call.js';
export {
  type AnnouncingChannel,
  type AnnouncingChannels,
  announcingChannels,
  currentWithin,
  registerStepFinder,
  scopeChannel,
} from './integration/framework-scope.js';
export {
  isUnrecorded,
  type OutgoingRequest,
  watchRequests,
} from './integration/outgoing-request.js';
export { providerSlug } from './integration/provider-slug.js';
export { type CallProgress, RecordedCall } from './integration/recorded-call.js';
export {
  beginSpan,
  placeOfSpan,
  type RecordedSpan,
  reportLateSpan,
  type SpanPlacement,
  type SpanReport,
  type SpanSource,
  type SpanWork,
} from './integration/recorded-span.js';
export {
  reportFailure,
  reportOtelMismatch,
  reportUnrecorded,
  runGuarded,
} from './integration/report.js';
export { type CallResult, runCall } from './integration/run-call.js';
export {
  beforeJoining,
  expectRuns,
  isNearExchange,
  replaceSpans,
} from './integration/shared-exchange.js';
export { startCall } from './integration/start-call.js';
export {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  type NodeBody,
  tapNodeBody,
  tapStream,
} from './integration/tap-stream.js';
export { type TokenFields, tokenFields } from './integration/token-fields.js';
export { builtinModule } from './platform/builtin-module.js';
export { environment, hasNode } from './platform/for-packages.js';
export { type HttpClient, type HttpResponse, ResponseTooLong } from './platform/http-client.js';
export { processWide, recognizeAcrossCopies } from './platform/process-wide.js';
export {
  LONGEST_TIMER_MS,
  startMicrotask,
  startTimer,
  stopTimer,
  unref,
} from './platform/timers.js';
export { withoutOtelSpans } from './platform/without-otel-spans.js';
export { retryAfterMs, USER_AGENT } from './publish/openlayer/openlayer-api.js';
export { publishingClient } from './publish/openlayer/publishing-client.js';
export type { SendErrorCode } from './publish/transport/drop-reason.js';
export { SendError } from './publish/transport/send-error.js';
export type { TraceExport } from './publish/transport/trace-export.js';
export type {
  Batch,
  BatchRow,
  Delivery,
  SendOptions,
  Transport,
} from './publish/transport/user-transport.js';
export type { Caller } from './trace/ids/trace-context.js';
export { spanIdOf } from './trace/ids/trace-context.js';
export { isModelCall } from './trace/model/step-fields.js';
export type {
  ChatCompletionFields,
  EmbeddingFields,
  FinishedStep,
  GuardrailFields,
  StepOptions,
  StepUpdate,
} from './trace/model/step-types.js';
export type { Step } from './trace/model/types.js';
export type { AmbientContext } from './trace/scope/ambient-context.js';
export type { BilledPart, Billing, PricedCall, Pricing } from './trace/usage/pricing.js';
export { laterCounts, type TokenCounts } from './trace/usage/token-counts.js';
export {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  objectOrEmpty,
  stringOrUndefined,
} from './values/json-fields.js';
export { isJsonObject, type JsonObject, tryParseJson } from './values/json-text.js';
export { hexadecimal, mixedBits } from './values/mixed-bits.js';
export { percentDecoded } from './values/percent-decoded.js';
export { isError } from './values/read-safely.js';
export { watchRejection } from './values/thenable.js';
export { head, withoutHalf } from './values/well-formed.js';
export type { StepType } from './wire.js';
