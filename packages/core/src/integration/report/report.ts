/** Diagnostics of integrations. */

import { existingTracer } from '../../api/default-tracer.js';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { processWide } from '../../platform/process-wide.js';
import { currentRecordedStep } from '../../trace/current-step.js';

const MAX_REPORTED = 256;

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
 * @param advice says what would have it recorded
 */
export function reportUnrecorded(call: string, advice?: string): void {
  const message = `${call} is not recorded; its cost is missing in the trace${advice === undefined ? '' : `: ${advice}`}`;
  reportOnce('unrecorded-calls.v1', 'warn', call, message);
}

/**
 * Reports as `unrecorded_call`, at level `info`, that spans of an instrumentation are left to an integration. Once per process and
 * instrumentation, for at most 256 instrumentations. Never throws.
 * @param own the diagnostics of the trace that the span is in; undefined outside a trace
 */
export function reportLeftSpans(instrumentation: string, own: Diagnostics | undefined): void {
  const message = `spans of ${instrumentation} are left to the integration, which records the same work; what it does not see, such as the runs of another copy of the framework, is not recorded`;
  reportOnce('reported-replaced-spans.v1', 'info', instrumentation, message, own);
}

/** @param slot holds what was reported, for the copies of this package in the process */
function reportOnce(
  slot: string,
  level: 'warn' | 'info',
  about: string,
  message: string,
  own?: Diagnostics,
): void {
  try {
    const reported = processWide(slot, () => new Set<string>());
    const used = own ?? diagnostics();
    if (used === undefined || reported.has(about) || reported.size >= MAX_REPORTED) return;
    reported.add(about);
    used.report(level, 'unrecorded_call', message, undefined, about);
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
