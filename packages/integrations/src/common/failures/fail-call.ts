import type { RecordedCall, StepUpdate } from '@openlayer-tracing/core/integration';
import type { CallOptions } from '../options.js';
import { isAbort, thrownError } from './call-error.js';

/** What is known of a call that threw. */
export interface ThrownCall {
  /** The values so far. */
  readonly update?: StepUpdate;
  /** By which the app may abort the call, if it is known. */
  readonly signal?: unknown;
}

/** Ends a call by what it threw. A call that the app aborted has not failed. */
export function failCall(
  call: RecordedCall,
  options: CallOptions,
  error: unknown,
  { update = {}, signal }: ThrownCall = {},
): void {
  if (isAbort(error, signal)) endLeft(call, update);
  else call.fail(thrownError(options, error), update);
}

/** Ends a call that the app has left. */
export function endLeft(call: RecordedCall, update: StepUpdate = {}): void {
  call.end({ ...update, metadata: { ...update.metadata, ended: 'left' } });
}
