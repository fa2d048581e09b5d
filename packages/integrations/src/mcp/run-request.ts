import {
  type RecordedCall,
  reportFailure,
  runCall,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { isAbort, thrownError } from '../common/call-error.js';
import { objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { RequestKind } from './kinds.js';

/** Whether the request is sent or handled here. */
type Side = 'sender' | 'handler';

/** Runs `call` as a step for a request. What it returns or throws passes unchanged. */
export function runRequest<T>(
  side: Side,
  kind: RequestKind,
  options: CallOptions,
  params: unknown,
  call: () => T,
): T {
  const recorded = start(kind, options, params);
  if (recorded === undefined) return call();
  // A server may respond at once and send the result of the tool later, over another connection.
  if (side === 'handler') recorded.holdTrace();
  else recorded.startBackgroundWork();
  return runCall(recorded, call, {
    completed: (result) => end(recorded, kind, options, result),
    // A call that was aborted has not failed.
    failed: (error) =>
      isAbort(error)
        ? recorded.end({ metadata: { ended: 'left' } } as StepUpdate)
        : recorded.fail(thrownError(options, error)),
  });
}

function start(kind: RequestKind, options: CallOptions, params: unknown): RecordedCall | undefined {
  try {
    return startCall(kind.stepOptions(objectOrEmpty(params), options)) as RecordedCall | undefined;
  } catch (error) {
    reportFailure('request', error);
    return undefined;
  }
}

/** Ends the step with a result. The result of a tool that threw has the flag `isError`. */
function end(
  recorded: RecordedCall,
  kind: RequestKind,
  options: CallOptions,
  returned: unknown,
): void {
  try {
    const result = objectOrEmpty(returned);
    const failure = kind.failure?.(result, options);
    const update = kind.update(result, options);
    if (failure === undefined) recorded.end(update);
    // An output that is only a text is the message of the error.
    else {
      const { output, ...others } = update;
      const more = typeof output === 'string' ? others : update;
      recorded.fail(failure, more);
    }
  } catch (error) {
    reportFailure('request', error);
    recorded.end();
  }
}
