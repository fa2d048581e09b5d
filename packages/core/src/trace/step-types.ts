/** What a step can hold, by type. Names and units are the platform's. */

import type { StepType } from '../wire.js';

/** Fields of `chat_completion`. Absent means unknown: leave out what was not measured. */
export interface ChatCompletionFields {
  /** Lower-case slug that the platform prices by: `openai`, `anthropic`, `google`, `bedrock`, ... */
  readonly provider?: string | null | undefined;
  /** Bare model name, without a vendor path. */
  readonly model?: string | null | undefined;
  readonly modelParameters?: object | null | undefined;
  readonly promptTokens?: number | null | undefined;
  readonly completionTokens?: number | null | undefined;
  /** All tokens of the call. */
  readonly tokens?: number | null | undefined;
  /** US dollars. Leave it out where the platform prices the model. */
  readonly cost?: number | null | undefined;
  readonly rawOutput?: unknown;
  /** A partition of the tokens: `input_tokens`, `output_tokens`, `cached_tokens`, ... */
  readonly usageDetails?: Readonly<Record<string, number>> | undefined;
}

/** Fields of `embedding`. */
export interface EmbeddingFields {
  readonly provider?: string | null | undefined;
  readonly model?: string | null | undefined;
  readonly modelParameters?: object | null | undefined;
  readonly promptTokens?: number | null | undefined;
  readonly tokens?: number | null | undefined;
  /** US dollars. */
  readonly cost?: number | null | undefined;
  readonly rawOutput?: unknown;
  readonly embeddingDimensions?: number | null | undefined;
  readonly embeddingCount?: number | null | undefined;
}

/** Fields of `agent`. */
export interface AgentFields {
  readonly tool?: string | null | undefined;
  readonly action?: unknown;
  readonly agentType?: string | null | undefined;
}

/** Fields of `tool`. */
export interface ToolFields {
  readonly functionName?: string | null | undefined;
  readonly arguments?: unknown;
}

/** Fields of `retriever`. */
export interface RetrieverFields {
  readonly documents?: readonly unknown[] | null | undefined;
}

/** Fields of `handoff`. */
export interface HandoffFields {
  readonly fromComponent?: string | null | undefined;
  readonly toComponent?: string | null | undefined;
  readonly handoffData?: unknown;
}

/** Fields of `guardrail`. */
export interface GuardrailFields {
  /** `allow`, `block` or `modify`. */
  readonly action?: string | null | undefined;
  readonly blockedEntities?: readonly string[] | null | undefined;
  readonly confidenceThreshold?: number | null | undefined;
  readonly reason?: string | null | undefined;
  readonly detectedEntities?: readonly string[] | null | undefined;
  readonly redactedEntities?: readonly string[] | null | undefined;
  /** `raise_exception`, `return_empty`, `return_error_message` or `skip_function`. */
  readonly blockStrategy?: string | null | undefined;
  /** `input` or `output`. */
  readonly dataType?: string | null | undefined;
}

/** A step type without fields of its own. */
// biome-ignore lint/complexity/noBannedTypes: an empty object type is exactly what is meant
export type NoFields = {};

/** The fields of each step type. */
export interface StepFields {
  user_call: NoFields;
  chain: NoFields;
  function_call: NoFields;
  chat_completion: ChatCompletionFields;
  embedding: EmbeddingFields;
  agent: AgentFields;
  tool: ToolFields;
  retriever: RetrieverFields;
  handoff: HandoffFields;
  guardrail: GuardrailFields;
}

/** What a step is started with. The fields depend on `type`. */
export type StepOptions<T extends StepType = StepType> = {
  readonly name: string;
  /** @default 'user_call' */
  readonly type?: T | undefined;
  /** What goes in: best an object of named values. */
  readonly inputs?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
} & StepFields[T];

/** Facts to merge into a step: metadata key by key, the rest replaces what was there. */
export type StepUpdate<T extends StepType = StepType> = {
  readonly name?: string | undefined;
  readonly inputs?: unknown;
  readonly output?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly groundTruth?: unknown;
  /** What went wrong, where it was caught and not thrown on. */
  readonly error?: unknown;
} & StepFields[T];

/** A finished step in one call, for work that was measured elsewhere. */
export type FinishedStep<T extends StepType = StepType> = StepOptions<T> & {
  readonly output?: unknown;
  readonly groundTruth?: unknown;
  readonly error?: unknown;
  /** Epoch milliseconds. @default the end less the latency */
  readonly startTime?: number | undefined;
  /** Epoch milliseconds. @default now */
  readonly endTime?: number | undefined;
  /** Milliseconds. @default endTime - startTime */
  readonly latency?: number | undefined;
};
