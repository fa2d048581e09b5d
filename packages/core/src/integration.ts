/** The entry point for integrations of model clients: not a public API. */

import './platform/load-platform.js';

export { currentStep } from './api/current.js';
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
export { type CallResult, runCall } from './integration/follow-call.js';
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
  type SpanStart,
} from './integration/recorded-span.js';
export {
  reportFailure,
  reportOtelMismatch,
  reportUnrecorded,
  runGuarded,
} from './integration/report.js';
export { beforeJoining, isNearExchange } from './integration/shared-exchange.js';
export { startCall } from './integration/start-call.js';
export {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  type NodeBody,
  tapNodeBody,
  tapStream,
} from './integration/tap-stream.js';
export { type TokenFields, tokenFields } from './integration/usage.js';
export { processWide, recognizeAcrossCopies } from './platform/process-wide.js';
export type { AmbientContext } from './trace/ambient-context.js';
export type { BilledPart, Billing, PricedCall, Pricing } from './trace/pricing.js';
export type {
  ChatCompletionFields,
  EmbeddingFields,
  FinishedStep,
  GuardrailFields,
  StepOptions,
  StepUpdate,
} from './trace/step-types.js';
export { laterCounts, type TokenCounts } from './trace/token-counts.js';
export type { Caller } from './trace/trace-context.js';
export type { Step } from './trace/types.js';
export { isModelCall } from './trace/usage.js';
export {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  objectOrEmpty,
  stringOrUndefined,
} from './values/json-fields.js';
export { isJsonObject, type JsonObject, tryParseJson } from './values/json-text.js';
export { percentDecoded } from './values/percent-decoded.js';
export { watchRejection } from './values/thenable.js';
export { head, withoutHalf } from './values/well-formed.js';
export type { StepType } from './wire.js';
