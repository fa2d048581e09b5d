/** What a trace needs of the tracer that it belongs to. */

import type { Diagnostics } from '../diagnostics.js';
import type { RecordedScope } from '../scope.js';
import type { IdSpace } from './inference-id.js';
import type { RecordedTrace } from './recorded-trace.js';
import type { Redactor } from './redact.js';
import type { Snapshotter } from './snapshot.js';
import type { Spending } from './spending.js';

export interface TraceLimits {
  /** Steps of one trace; further ones run unrecorded and are counted. @default 1000 */
  readonly maxSteps: number;
  /** Levels of steps below the root. @default 64 */
  readonly maxDepth: number;
  /** Characters of one logged value, about. @default 65536 */
  readonly maxValueChars: number;
  /** Characters of all values of one trace, about. @default 1048576 */
  readonly maxTraceChars: number;
  /** Traces that are open at a time; further requests are not traced, and counted. @default 10000 */
  readonly maxOpenTraces: number;
}

export interface Recorder {
  readonly scope: RecordedScope;
  readonly snapshotter: Snapshotter;
  readonly redactor: Redactor;
  readonly limits: TraceLimits;
  readonly diagnostics: Diagnostics;
  /** In which the ids of requests must differ. */
  readonly idSpace: IdSpace;
  /** Takes note of a trace whose answer is about to be complete, where that is to outlive the process. */
  readonly answering?: ((trace: RecordedTrace) => void) | undefined;
  /** Where prices or what traces use are of interest. */
  readonly spending: Spending | undefined;
  /** Whether one more trace may be opened; where not, it is counted. */
  admits(): boolean;
  opened(trace: RecordedTrace): void;
  /** Takes a trace that nothing will be added to any more. */
  published(trace: RecordedTrace): void;
}
