/**
 * The shapes of the Openlayer API that this library speaks. Types only.
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

/** The kinds of step that the platform knows. */
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

/** One node of a trace as it is sent. The fields of its type stand beside these. */
export interface WireStep {
  readonly name: string;
  readonly id: string;
  readonly type: StepType;
  readonly inputs: Json;
  readonly output: Json;
  readonly groundTruth: Json;
  readonly metadata: { readonly [key: string]: Json };
  readonly steps: readonly WireStep[];
  /** Milliseconds. */
  readonly latency: number;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number;
  readonly [typeField: string]: Json | readonly WireStep[] | undefined;
}

/** One trace as a flat record. Input variables and chosen metadata are columns of their own. */
export interface WireRow {
  /** UNIX seconds at the start of the trace. */
  readonly inferenceTimestamp: number;
  readonly inferenceId: string;
  readonly output: Json;
  /** Milliseconds. */
  readonly latency: number;
  /** US dollars, or null where the platform prices the trace. */
  readonly cost: number | null;
  readonly tokens: number | null;
  /** Exactly one: the root step. */
  readonly steps: readonly WireStep[];
  readonly metadata?: { readonly [key: string]: Json };
  readonly groundTruth?: Json;
  readonly user_id?: string;
  readonly session_id?: string;
  readonly context?: readonly string[];
  readonly _question?: string;
  readonly [column: string]: Json | readonly WireStep[] | undefined;
}

/** Names the columns of every row of one data-stream call. */
export interface WireConfig {
  readonly outputColumnName: 'output';
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
  readonly config: WireConfig;
  readonly rows: readonly WireRow[];
}

/** Names columns of the row in `PUT /inference-pipelines/{id}/rows`. */
export interface RowUpdateConfig {
  readonly groundTruthColumnName?: string | null;
  readonly humanFeedbackColumnName?: string | null;
  readonly inferenceIdColumnName?: string | null;
  readonly latencyColumnName?: string | null;
  readonly timestampColumnName?: string | null;
}

/** Body of `PUT /inference-pipelines/{id}/rows?inferenceId=ID`: 1 to 100 columns. */
export interface RowUpdateRequest {
  readonly row: { readonly [column: string]: Json };
  readonly config?: RowUpdateConfig | null;
}
