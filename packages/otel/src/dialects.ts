/** The entry point that converts spans of OpenTelemetry to steps, and steps to spans. It needs nothing of OpenTelemetry. */

export { providerSlug } from '@openlayer-tracing/core/integration';
export type { DialectName } from './dialects/attributes/dialect.js';
export { type ChatMessage, chatMessagesOf } from './dialects/messages/chat-messages.js';
export { type GenAIMessage, genAIMessagesOf } from './dialects/messages/gen-ai-messages.js';
export type { ChatToolCall } from './dialects/messages/message-parts.js';
export type {
  MeasuredSpan,
  SpanContent,
  SpanData,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanScope,
  SpanStatus,
} from './dialects/span-data.js';
export type { SpanError, SpanStep, StepData } from './dialects/step-data.js';
export { genAIProviderOf, type RequestFacts, spanOfStep } from './dialects/to-span/span-of-step.js';
export { stepOfSpan } from './dialects/to-step/step-of-span.js';
