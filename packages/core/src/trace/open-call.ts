/** What goes on below a trace and has to hear of its end. */
export interface OpenCall {
  /** The trace has settled: the last chance to keep it open. Never throws. */
  traceSettled(): void;
  /** The trace is about to be published. Never throws. */
  tracePublished(): void;
}
