/**
 * The types of the Openlayer API that this library uses. Types only.
 *
 * Field names, units and nullability follow the published REST API for LLM projects:
 * `POST /inference-pipelines/{id}/data-stream` and `PUT|GET|POST|DELETE .../rows`.
 */

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The types of steps. */
export type StepType =
  | 'user_call'
  | 'chat_completion'
  | 'embedding'
  | 'agent'
  | 'tool'
  | 'retriever'
  | 'chain'
  | 'handoff'
  | 'guardrail'
  | 'function_call';

/** One step as it is sent. It has the fields of its type as well. */
export interface WireStep {
  /** At most 256 characters. */
  readonly name: string;
  /** A UUID. */
  readonly id: string;
  /** What kind of work it stands for. */
  readonly type: StepType;
  /** For the root step, an object or null. */
  readonly inputs: Json;
  /** Null if nothing was recorded. */
  readonly output: Json;
  /** The output that would have been right; null if unknown. */
  readonly groundTruth: Json;
  /** An error is in `error`, `errorType`, `errorStack` and `Exceptions`. */
  readonly metadata: { readonly [key: string]: Json };
  /** The child steps. */
  readonly steps: readonly WireStep[];
  /** Milliseconds. */
  readonly latency: number;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number;
  /** A field of the step's type. */
  readonly [typeField: string]: Json | readonly WireStep[] | undefined;
}

/** One trace as a flat record. Input variables and scalar metadata are columns of their own. */
export interface WireRow {
  /** UNIX seconds at the start of the trace. */
  readonly inferenceTimestamp: number;
  /** The key of the row. */
  readonly inferenceId: string;
  /** The response; null if nothing was recorded. */
  readonly output: Json;
  /** Milliseconds until the response ended. */
  readonly latency: number;
  /** US dollars, or null where the platform prices the trace. */
  readonly cost: number | null;
  /** Tokens of all model calls, or null if unknown. */
  readonly tokens: number | null;
  /** One step: the root step. */
  readonly steps: readonly WireStep[];
  /** The metadata of the trace, with `http` for requests. */
  readonly metadata?: { readonly [key: string]: Json };
  /** The output that would have been right. */
  readonly groundTruth?: Json;
  /** At most 256 characters. */
  readonly user_id?: string;
  /** At most 256 characters. */
  readonly session_id?: string;
  /** The id shared with other services, by W3C Trace Context: 32 hexadecimal digits. */
  readonly trace_id?: string;
  /** Passages for RAG metrics. */
  readonly context?: readonly string[];
  /** The question for RAG metrics. */
  readonly _question?: string;
  /** An input variable, or scalar metadata. */
  readonly [column: string]: Json | readonly WireStep[] | undefined;
}

/** Names the columns of all rows of one data-stream call. A name that is missing says that the rows have no such column. */
export interface WireConfig {
  readonly outputColumnName: 'output';
  /** Every row has a column for each of these names. */
  readonly inputVariableNames: readonly string[];
  readonly latencyColumnName: 'latency';
  readonly costColumnName: 'cost';
  readonly timestampColumnName: 'inferenceTimestamp';
  readonly inferenceIdColumnName: 'inferenceId';
  readonly numOfTokenColumnName: 'tokens';
  readonly groundTruthColumnName?: 'groundTruth';
  readonly userIdColumnName?: 'user_id';
  readonly sessionIdColumnName?: 'session_id';
  readonly contextColumnName?: 'context';
  readonly questionColumnName?: '_question';
}

/** Body of `POST /inference-pipelines/{id}/data-stream`. */
export interface DataStreamRequest {
  /** Names the columns of all rows. */
  readonly config: WireConfig;
  /** At most `batch.maxBatchRows` rows, with distinct inference IDs. */
  readonly rows: readonly WireRow[];
}

/** Names columns of the row in `PUT /inference-pipelines/{id}/rows`. Null means no such column. */
export interface RowUpdateConfig {
  readonly groundTruthColumnName?: string | null;
  readonly humanFeedbackColumnName?: string | null;
  readonly inferenceIdColumnName?: string | null;
  readonly latencyColumnName?: string | null;
  readonly timestampColumnName?: string | null;
}

/** Body of `PUT /inference-pipelines/{id}/rows?inferenceId=ID`: 1 to 100 columns. */
export interface RowUpdateRequest {
  /** The columns to add or replace. */
  readonly row: { readonly [column: string]: Json };
  /** Names those with a meaning for the platform. */
  readonly config?: RowUpdateConfig | null;
}
