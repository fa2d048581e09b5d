/** The read model of an ended trace, for rows and exporters: names, times, ids, and values as JSON text. */

import type { JsonMembers } from '../../values/json/json-members.js';
import type { StepType } from '../../wire.js';
import type { RecordedError } from './recorded-error.js';

export interface EndedTrace {
  readonly inferenceId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Its type is `user_call`, except in the trace of a call outside any request. */
  readonly root: EndedStep;
  readonly columns: EndedColumns;
  /** The id shared with other services; undefined if no caller sent one and the app has not read it. */
  readonly sharedTraceId: string | undefined;
  /** Number of steps that were not recorded because of `maxSteps` or `maxDepth`. */
  readonly unrecordedSteps: number;
  /** Milliseconds after the trace's start; the time so far if it has not ended. */
  readonly endMs: number;
}

/** The columns that the app sets on the trace itself. */
export interface EndedColumns {
  /** The root's inputs, one column each; undefined without inputs. */
  readonly inputs: JsonMembers | undefined;
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
  /** JSON text of an array of strings. */
  readonly context: string | undefined;
  /** JSON text of a string. */
  readonly question: string | undefined;
}

export interface EndedStep {
  /** A UUID. */
  readonly id: string;
  /** As the app gave it, with secrets not yet masked. */
  readonly name: string;
  readonly type: StepType;
  /** JSON text. */
  readonly inputs: string | undefined;
  /** JSON text. */
  readonly output: string | undefined;
  /** JSON text. */
  readonly groundTruth: string | undefined;
  readonly metadata: JsonMembers | undefined;
  readonly error: RecordedError | undefined;
  /** JSON texts of the fields of its type, in the order of `FIELDS`; undefined for unset ones. */
  readonly fields: readonly (string | undefined)[] | undefined;
  readonly children: readonly EndedStep[] | undefined;
  /** Whether it has not ended. */
  readonly isRunning: boolean;
  /** Milliseconds after the trace's start; negative for measured work that began before it. */
  readonly startMs: number;
  /** Milliseconds after the trace's start; meaningless while `isRunning`. */
  readonly endMs: number;
  /** A latency in milliseconds that the app measured; negative if it is `endMs - startMs`. */
  readonly latencyMs: number;
}
