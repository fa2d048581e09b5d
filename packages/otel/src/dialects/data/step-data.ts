/** A span as a step. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { DialectName } from './dialect-name.js';

/** The error that a span ended with. */
export interface SpanError {
  /** The type of the error; `Error` if the span does not name one. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** A finished step, with the fields of its type: the options of `addStep()`. Absent means unknown. */
export interface StepData {
  readonly name: string;
  readonly type: StepType;
  /** Epoch milliseconds with fractions. */
  readonly startTime: number;
  /** Epoch milliseconds with fractions. */
  readonly endTime: number;
  /** What went in. Of a model call, an object with its messages in `prompt`. */
  readonly inputs?: unknown;
  /** What came out. */
  readonly output?: unknown;
  /** Facts without a field of their own: `finishReason`, `responseId`, `timeToFirstToken` in milliseconds, ... */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly error?: SpanError | undefined;

  /** Lower-case slug that the platform prices by. For `chat_completion` and `embedding`. */
  readonly provider?: string | undefined;
  /** The model that answered, else the one that was asked for. For `chat_completion` and `embedding`. */
  readonly model?: string | undefined;
  /** Parameters of the request, such as `temperature`. For `chat_completion` and `embedding`. */
  readonly modelParameters?: Readonly<Record<string, unknown>> | undefined;
  /** Tokens of the input, cached ones included. For `chat_completion` and `embedding`. */
  readonly promptTokens?: number | undefined;
  /** Tokens of the output, reasoning included. For `chat_completion`. */
  readonly completionTokens?: number | undefined;
  /** Tokens of the input and the output. For `chat_completion` and `embedding`. */
  readonly tokens?: number | undefined;
  /** The tokens divided into parts of different prices. For `chat_completion`. */
  readonly usageDetails?: Readonly<Record<string, number>> | undefined;
  /** US dollars. For `chat_completion` and `embedding`. */
  readonly cost?: number | undefined;
  /** Length of each vector. For `embedding`. */
  readonly embeddingDimensions?: number | undefined;
  /** Number of texts that were embedded. For `embedding`. */
  readonly embeddingCount?: number | undefined;

  /** Name of the tool. For `tool`. */
  readonly functionName?: string | undefined;
  /** Arguments of the call. For `tool`. */
  readonly arguments?: unknown;
  /** The documents that were found. For `retriever`. */
  readonly documents?: readonly unknown[] | undefined;
  /** Kind of agent. For `agent`. */
  readonly agentType?: string | undefined;
  /** Further fields of the step's type. */
  readonly [field: string]: unknown;
}

/** A span as a step, with the facts that belong to its trace. */
export interface SpanStep {
  readonly step: StepData;
  /** The id of the trace's row, if a step of ours states it. */
  readonly inferenceId?: string | undefined;
  /** The session of the trace. */
  readonly sessionId?: string | undefined;
  /** The user of the trace. */
  readonly userId?: string | undefined;
  /** Tags of the trace. */
  readonly tags?: readonly string[] | undefined;
  /** The dialects whose attributes were read, the ones that won most often first. */
  readonly dialects: readonly DialectName[];
  /** Whether the span is a provisional copy of one that ends later, as Logfire exports: do not record it. */
  readonly isPending: boolean;
}
