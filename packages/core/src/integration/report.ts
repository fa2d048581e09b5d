/** Diagnostics of integrations. */

import { existingTracer } from '../api/default-tracer.js';
import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { processWide } from '../platform/process-wide.js';
import { currentRecordedStep } from '../trace/current-step.js';

const MAX_UNRECORDED = 256;

/**
 * Runs code of an integration within the app's own call. Never throws: a failure is reported as `integration_failed`.
 * @param what names what failed in the diagnostic: `request`, `response`
 * @returns what `fn` returns; undefined if it threw
 */
export function runGuarded<T>(what: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    reportFailure(what, error);
    return undefined;
  }
}

/** Reports a failure of an integration as `integration_failed`. Never throws. */
export function reportFailure(what: string, error: unknown): void {
  try {
    diagnostics()?.report(
      'error',
      'integration_failed',
      `tracing a client failed in ${what}; the client is not affected`,
      error,
    );
  } catch {
    // The diagnostics failed: there is no other place to report it.
  }
}

/**
 * Reports as `unrecorded_call` that a client made a call that may be billed and that is not recorded. Once per process and call,
 * for at most 256 calls. Never throws.
 * @param call names the call: `POST /v1/realtime/calls`
 */
export function reportUnrecorded(call: string): void {
  try {
    const reported = processWide('unrecorded-calls.v1', () => new Set<string>());
    const tracerDiagnostics = diagnostics();
    if (tracerDiagnostics === undefined || reported.has(call) || reported.size >= MAX_UNRECORDED)
      return;
    reported.add(call);
    tracerDiagnostics.report(
      'warn',
      'unrecorded_call',
      `${call} is not recorded; its cost is missing in the trace`,
      undefined,
      call,
    );
  } catch {
    // The diagnostics failed: there is no other place to report it.
  }
}

/** Reports as `otel_api_mismatch` that copies of OpenTelemetry's API do not work together. Never throws. */
export function reportOtelMismatch(message: string): void {
  try {
    diagnostics()?.report('warn', 'otel_api_mismatch', message);
  } catch {
    // The diagnostics failed: there is no other place to report it.
  }
}

function diagnostics(): Diagnostics | undefined {
  return currentRecordedStep()?.trace.recorder.diagnostics ?? existingTracer()?.diagnostics;
}
