/** The option `sample`: whether a settled trace is published. */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { optionAsyncMessage } from '../diagnostics/option-failure.js';
import { watchRejection } from '../values/reading/thenable.js';
import type { RecordedError } from './model/recorded-error.js';
import type { SettledTrace, Usage } from './model/trace-api.js';

/** The part of a settled trace that sampling reads. */
interface Sampled {
  readonly inferenceId: string;
  readonly outcome: SettledTrace['outcome'];
  readonly statusCode: number | undefined;
  readonly usage: Usage;
  readonly root: {
    readonly name: string;
    readonly endMs: number;
    readonly error: RecordedError | undefined;
  };
}

/** Calls the user's function. @returns whether it keeps the trace; true if it throws or returns a promise */
export function callSample(
  sample: (trace: SettledTrace) => boolean,
  trace: Sampled,
  diagnostics: Diagnostics,
): boolean {
  const { inferenceId, outcome, statusCode, usage, root } = trace;
  const reportFailure = (how: string) => (error: unknown) =>
    diagnostics.report(
      'error',
      'sample_failed',
      `the function given as sample ${how}; the trace is kept`,
      error,
    );
  try {
    const isSampled: unknown = sample({
      inferenceId,
      name: root.name,
      outcome,
      statusCode,
      latencyMs: root.endMs,
      hasError: root.error !== undefined || outcome === 'error',
      usage,
    });
    if (watchRejection(isSampled, reportFailure('was rejected'))) {
      diagnostics.report(
        'error',
        'option_sample_async',
        optionAsyncMessage('sample', 'the trace is kept'),
      );
    }
    return isSampled !== false;
  } catch (error) {
    reportFailure('threw')(error);
    return true;
  }
}
