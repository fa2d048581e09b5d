/** What a span says as a step. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { DialectName } from './attributes/dialect.js';

/** The error that a span ended with. */
export interface SpanError {
  /** The type of the error; `Error` if the span does not name one. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/**
 * A finished step, with the fields of its type: the options of `addStep()`. Absent means unknown.
 */
export interface StepData {
  readonly name: string;
  readonly type: StepType;
  /** Epoch milliseconds with fractions. */
  readonly startTime: number;
  /** Epoch milliseconds with fractions. */
  readonly endTime: number;
  readonly inputs?: unknown;
  readonly output?: unknown;
  /** Facts without a field of their own: `finishReason`, `responseId`, `timeToFirstToken` in milliseconds, ... */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly error?: SpanError | undefined;

  /** Lower-case slug that the platform prices by. For `chat_completion` and `embedding`. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly modelParameters?: Readonly<Record<string, unknown>> | undefined;
  /** Tokens of the input, cached ones included. */
  readonly promptTokens?: number | undefined;
  /** Tokens of the output, reasoning included. For `chat_completion`. */
  readonly completionTokens?: number | undefined;
  readonly tokens?: number | undefined;
  /** The tokens divided into parts of different prices. For `chat_completion`. */
  readonly usageDetails?: Readonly<Record<string, number>> | undefined;
  /** US dollars. */
  readonly cost?: number | undefined;
  /** For `embedding`. */
  readonly embeddingDimensions?: number | undefined;
  readonly embeddingCount?: number | undefined;

  /** For `tool`. */
  readonly functionName?: string | undefined;
  readonly arguments?: unknown;
  /** For `retriever`. */
  readonly documents?: readonly unknown[] | undefined;
  /** For `agent`. */
  readonly agentType?: string | undefined;
  /** Further fields of the step's type. */
  readonly [field: string]: unknown;
}

/** A span as a step, with the facts that belong to its trace. */
export interface SpanStep {
  readonly step: StepData;
  /** The id of the trace's row, if a step of ours states it. */
  readonly inferenceId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly userId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The conventions whose attributes were read, the ones that won most often first. */
  readonly dialects: readonly DialectName[];
  /** Whether the span is a provisional copy of one that ends later, as Logfire exports: do not record it. */
  readonly isPending: boolean;
}
