/** The entry point that converts spans of OpenTelemetry to steps, and steps to spans. It needs nothing of OpenTelemetry. */

export { providerSlug } from '@openlayer-tracing/core/integration';
export { type ChatMessage, chatMessagesOf } from './dialects/chat-messages.js';
export type { DialectName } from './dialects/dialect.js';
export { type GenAIMessage, genAIMessagesOf } from './dialects/gen-ai-messages.js';
export type { ChatToolCall } from './dialects/message-parts.js';
export { genAIProviderOf } from './dialects/provider-names.js';
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
export { type RequestFacts, spanOfStep } from './dialects/span-of-step.js';
export type { SpanError, SpanStep, StepData } from './dialects/span-step.js';
export { stepOfSpan } from './dialects/step-of-span.js';
