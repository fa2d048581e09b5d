import type { RecordedCall, StepUpdate } from '@openlayer-tracing/core/integration';
import type { CallOptions } from '../options.js';
import { thrownError } from './call-error.js';
import { isAbort } from './thrown.js';

/** Facts of a call that threw, besides the error. */
export interface ThrownCall {
  /** The values so far. */
  readonly update?: StepUpdate;
  /** The app's abort signal, if it is known. */
  readonly signal?: unknown;
}

/** Ends a call by what it threw. A call that the app aborted has not failed. */
export function failCall(
  call: RecordedCall,
  options: CallOptions,
  error: unknown,
  { update = {}, signal }: ThrownCall = {},
): void {
  if (isAbort(error, signal)) endAborted(call, update);
  else call.fail(thrownError(options, error), update);
}

/** Ends a call that the app has aborted. */
export function endAborted(call: RecordedCall, update: StepUpdate = {}): void {
  call.end({ ...update, metadata: { ...update.metadata, ended: 'left' } });
}
