/** The entry point that converts spans of OpenTelemetry to steps, and steps to spans. It needs no package of OpenTelemetry. */

export { providerSlug } from '@openlayer-tracing/core/integration';
export type { DialectName } from './dialects/data/dialect-name.js';
export type {
  MeasuredSpan,
  SpanContent,
  SpanData,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanScope,
  SpanStatus,
} from './dialects/data/span-data.js';
export type { SpanError, SpanStep, StepData } from './dialects/data/step-data.js';
export { type ChatMessage, chatMessagesOf } from './dialects/messages/chat-messages.js';
export { type GenAIMessage, genAIMessagesOf } from './dialects/messages/gen-ai-messages.js';
export type { ChatToolCall } from './dialects/messages/message-parts.js';
export type { RequestFacts } from './dialects/to-span/request-attributes.js';
export { spanOfStep } from './dialects/to-span/span-of-step.js';
export { stepOfSpan } from './dialects/to-step/step-of-span.js';
export { genAIProviderOf } from './dialects/vocabulary/provider-name.js';
