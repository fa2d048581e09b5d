/** The door for client integrations. */

import './load-platform.js';

export { unknownKey } from './config/unknown-key.js';
export {
  currentClientCall,
  inClientCall,
  isUntraced,
  untraced,
} from './integration/client-call.js';
export {
  type AskedFor,
  type ExpectedExchange,
  expectExchange,
  expectedExchange,
} from './integration/expected-exchange.js';
export { type CallProgress, RecordedCall } from './integration/recorded-call.js';
export { reportFailure } from './integration/report.js';
export { startCall } from './integration/start-call.js';
export { currentWithin, registerStepFinder } from './integration/step-finder.js';
export {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  type NodeBody,
  tapNodeBody,
  tapStream,
} from './integration/tap-stream.js';
export { type TokenCounts, tokenFields } from './integration/usage.js';
export { processWide } from './process-wide.js';
export type { PricedCall, Pricing } from './trace/pricing.js';
export { watchRejection } from './trace/promised.js';
export type {
  ChatCompletionFields,
  EmbeddingFields,
  StepOptions,
  StepUpdate,
} from './trace/step-types.js';
export type { Step } from './trace/types.js';
export { withoutHalf } from './trace/well-formed.js';
export type { StepType } from './wire.js';
