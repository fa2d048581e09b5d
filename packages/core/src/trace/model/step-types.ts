/** The fields of steps by type. Names and units are the platform's. */

import type { StepType } from '../../wire.js';

/** Fields of a `chat_completion` step. Leave out what was not measured: absent means unknown. */
export interface ChatCompletionFields {
  /** Lower-case slug that the platform prices by: `openai`, `anthropic`, `google`, `bedrock`, ... */
  readonly provider?: string | null | undefined;
  /** The model's name without a vendor path. */
  readonly model?: string | null | undefined;
  /** Parameters of the call, such as `{ temperature: 0 }`. */
  readonly modelParameters?: object | null | undefined;
  /** Tokens of the input, cached ones included. */
  readonly promptTokens?: number | null | undefined;
  /** Tokens of the output, reasoning included. */
  readonly completionTokens?: number | null | undefined;
  /** All tokens of the call. */
  readonly tokens?: number | null | undefined;
  /** US dollars. Leave it out where the platform prices the model. */
  readonly cost?: number | null | undefined;
  /** The provider's whole response. */
  readonly rawOutput?: unknown;
  /** The tokens divided into parts of different prices: `input_tokens`, `output_tokens`, `cached_tokens`, ... At most 32. */
  readonly usageDetails?: Readonly<Record<string, number>> | undefined;
}

/** Fields of an `embedding` step. Leave out what was not measured: absent means unknown. */
export interface EmbeddingFields {
  /** Lower-case slug that the platform prices by: `openai`, `cohere`, ... */
  readonly provider?: string | null | undefined;
  /** The model's name without a vendor path. */
  readonly model?: string | null | undefined;
  /** Parameters of the call, such as `{ dimensions: 256 }`. */
  readonly modelParameters?: object | null | undefined;
  /** Tokens of the input. */
  readonly promptTokens?: number | null | undefined;
  /** All tokens of the call. */
  readonly tokens?: number | null | undefined;
  /** US dollars. Leave it out where the platform prices the model. */
  readonly cost?: number | null | undefined;
  /** The provider's whole response. */
  readonly rawOutput?: unknown;
  /** Numbers in one embedding. */
  readonly embeddingDimensions?: number | null | undefined;
  /** Embeddings that were made. */
  readonly embeddingCount?: number | null | undefined;
}

/** Fields of an `agent` step. */
export interface AgentFields {
  /** Name of the tool that the agent chose. */
  readonly tool?: string | null | undefined;
  /** What the agent decided to do. */
  readonly action?: unknown;
  /** Kind of the agent, such as `react`. */
  readonly agentType?: string | null | undefined;
}

/** Fields of a `tool` step. */
export interface ToolFields {
  /** Name of the function that was called. */
  readonly functionName?: string | null | undefined;
  /** Its arguments. */
  readonly arguments?: unknown;
}

/** Fields of a `retriever` step. */
export interface RetrieverFields {
  /** The documents that were found. */
  readonly documents?: readonly unknown[] | null | undefined;
}

/** Fields of a `handoff` step. */
export interface HandoffFields {
  /** Name of the agent that hands over. */
  readonly fromComponent?: string | null | undefined;
  /** Name of the agent that takes over. */
  readonly toComponent?: string | null | undefined;
  /** What is passed on. */
  readonly handoffData?: unknown;
}

/** Fields of a `guardrail` step. */
export interface GuardrailFields {
  /** `allow`, `block` or `modify`. */
  readonly action?: string | null | undefined;
  /** Kinds of content that lead to a block. */
  readonly blockedEntities?: readonly string[] | null | undefined;
  /** From which confidence on a detection counts. */
  readonly confidenceThreshold?: number | null | undefined;
  /** Why the guardrail acted. */
  readonly reason?: string | null | undefined;
  /** Kinds of content that were found. */
  readonly detectedEntities?: readonly string[] | null | undefined;
  /** Kinds of content that were removed. */
  readonly redactedEntities?: readonly string[] | null | undefined;
  /** `raise_exception`, `return_empty`, `return_error_message` or `skip_function`. */
  readonly blockStrategy?: string | null | undefined;
  /** `input` or `output`. */
  readonly dataType?: string | null | undefined;
}

/** A step type without fields of its own. */
// biome-ignore lint/complexity/noBannedTypes: the type has no members
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

/** What a step is started with. The fields depend on `type`. A key that does not exist is reported as `unknown_option`. */
export type StepOptions<T extends StepType = StepType> = {
  /** Cut to 256 characters. */
  readonly name: string;
  /** @default 'user_call' */
  readonly type?: T | undefined;
  /** Inputs of the step, best an object of named values. Cut to `limits.maxValueChars`. */
  readonly inputs?: unknown;
  /** At most 128 keys in all. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
} & StepFields[T];

/**
 * Values to merge into a step: metadata key by key, the others replace earlier ones. Undefined leaves a value unchanged. A
 * key that does not exist is reported as `unknown_option`.
 */
export type StepUpdate<T extends StepType = StepType> = {
  /** Cut to 256 characters. */
  readonly name?: string | undefined;
  /** Inputs of the step, best an object of named values. Cut to `limits.maxValueChars`. */
  readonly inputs?: unknown;
  /** Output of the step. Cut to `limits.maxValueChars`. */
  readonly output?: unknown;
  /** At most 128 keys in all. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** The output that would have been right. Cut to `limits.maxValueChars`. */
  readonly groundTruth?: unknown;
  /** An error that was caught and not rethrown. `null` means none. */
  readonly error?: unknown;
} & StepFields[T];

/** A finished step, for work that the app measured itself. */
export type FinishedStep<T extends StepType = StepType> = StepOptions<T> & {
  /** Output of the step. Cut to `limits.maxValueChars`. */
  readonly output?: unknown;
  /** The output that would have been right. Cut to `limits.maxValueChars`. */
  readonly groundTruth?: unknown;
  /** The error that the work ended with. `null` means none. */
  readonly error?: unknown;
  /** Epoch milliseconds. @default endTime - latency */
  readonly startTime?: number | undefined;
  /** Epoch milliseconds. @default startTime + latency, or now if one of these is missing */
  readonly endTime?: number | undefined;
  /** Milliseconds. @default endTime - startTime */
  readonly latency?: number | undefined;
};
