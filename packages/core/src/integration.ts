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
  checkMethods,
  checkNumber,
  checkOneOf,
  checkPipelineId,
  checkString,
  formatValue,
} from './config/checks.js';
export { unknownKeyIn, unknownKeyMessage } from './diagnostics/unknown-key.js';
export {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  type NodeBody,
  observedStream,
  observeNodeBody,
} from './integration/bodies/body-observer.js';
export { providerSlug } from './integration/call/provider-slug.js';
export { type CallProgress, RecordedCall } from './integration/call/recorded-call.js';
export { type TokenFields, tokenFields } from './integration/call/token-fields.js';
export {
  type AnnouncedRequest,
  announcedCall,
  announcedRequest,
  announceRequest,
  type RequestContent,
} from './integration/once/announced-request.js';
export {
  currentClientCall,
  currentRecordedRequest,
  inClientCall,
  inRecordedRequest,
  isRecordedByCaller,
  isUntraced,
  untraced,
} from './integration/once/client-call.js';
export { beforeJoining, isNearSharedCall } from './integration/once/join-shared-call.js';
export {
  isUnrecorded,
  type OutgoingRequest,
  observeRequests,
} from './integration/once/outgoing-request.js';
export { expectRuns, replaceSpans } from './integration/once/replaced-instrumentations.js';
export {
  reportFailure,
  reportOtelMismatch,
  reportUnrecorded,
  runGuarded,
} from './integration/report/integration-diagnostics.js';
export { registerAmbientContext } from './integration/scope/ambient.js';
export {
  type AnnouncingChannel,
  type AnnouncingChannels,
  announcingChannels,
  currentWithin,
  registerStepFinder,
  scopeChannel,
} from './integration/scope/framework-scope.js';
export { beginSpan } from './integration/spans/begin-span.js';
export { spanOfAnnounced } from './integration/spans/filling-span.js';
export type { RecordedSpan } from './integration/spans/recorded-span.js';
export type { SpanOrigin } from './integration/spans/span-origin.js';
export {
  placeOfSpan,
  reportLateSpan,
  type SpanPlacement,
} from './integration/spans/span-placement.js';
export type { SpanReport, SpanSource, SpanWork } from './integration/spans/span-source.js';
export { type CallResult, runCall } from './integration/start/run-call.js';
export { startCall } from './integration/start/start-call.js';
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
export { SendError, type SendErrorCode } from './publish/transport/send-error.js';
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
export type { Step } from './trace/model/trace-api.js';
export type { AmbientContext } from './trace/scope/ambient-context.js';
export type { BilledPart, Billing, PricedCall, Pricing } from './trace/usage/pricing.js';
export { laterCounts, type TokenCounts } from './trace/usage/token-counts.js';
export { billedLike } from './trace/usage/unbilled-error.js';
export {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  objectOrEmpty,
  stringOrUndefined,
} from './values/json/json-fields.js';
export { isJsonObject, type JsonObject, tryParseJson } from './values/json/json-text.js';
export { isError } from './values/reading/read-safely.js';
export { watchRejection } from './values/reading/thenable.js';
export { MASK } from './values/redaction/mask-text.js';
export { markedAsCut } from './values/snapshot/value-marks.js';
export { hexadecimal, mixedBits } from './values/text/hash-bits.js';
export { percentDecoded } from './values/text/percent-decoded.js';
export { cutTo, withoutHalf } from './values/text/well-formed.js';
export type { StepType } from './wire.js';
