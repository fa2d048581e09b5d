/** Limits of a trace. */
export interface TraceLimits {
  /** Steps of one trace. Further steps run unrecorded and are counted in `metadata.unrecordedSteps`. @default 1000 */
  readonly maxSteps: number;
  /** Levels of steps below the root. Deeper steps run unrecorded and are counted in `metadata.unrecordedSteps`. @default 64 */
  readonly maxDepth: number;
  /** Characters of one logged value, approximately. Longer ones are cut, with a mark. @default 65536 */
  readonly maxValueChars: number;
  /**
   * Characters of all values of one trace, approximately. When a quarter is left, long values of steps are cut to less and less, so that
   * later steps still have theirs; an eighth is kept for the root. Without any room, values become marks. @default 1048576
   */
  readonly maxTraceChars: number;
  /**
   * Traces open at a time. Further requests are not traced and count as dropped, `too_many_open`. Traces of `startTrace()` and
   * `trace(fn)` in which nothing was recorded for ten minutes are then published as they are, to make room. @default 10000
   */
  readonly maxOpenTraces: number;
}
