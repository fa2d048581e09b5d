import { existingTracer } from '../default-tracer.js';
import { currentRecordedStep } from '../scope.js';

/** Says that something of an integration failed; the client goes on. Never throws. */
export function reportFailure(what: string, error: unknown): void {
  try {
    const diagnostics =
      currentRecordedStep()?.trace.recorder.diagnostics ?? existingTracer()?.diagnostics;
    diagnostics?.report(
      'error',
      'integration_failed',
      `tracing a client failed in ${what}; the client is not affected`,
      error,
    );
  } catch {
    // There is nobody left to tell.
  }
}
