/** Cases whose handlers trace: they call the library in every way, and must still give the right answers. */

import type { RequestTrace } from '@openlayer-tracing/core';
import type { Case, Note, Tools } from '../case.ts';

export interface StepsKit {
  readonly trace: RequestTrace;
  readonly tools: Tools;
  readonly note: Note;
  /** Runs a function outside the scope of any request. */
  readonly outside: <R>(fn: () => R) => R;
  /** What the client sent, parsed. */
  readonly body: unknown;
}

export interface StepsCase extends Case {
  /** Resolves with what the answer is to say, as JSON. */
  readonly handle: (kit: StepsKit) => unknown;
}
