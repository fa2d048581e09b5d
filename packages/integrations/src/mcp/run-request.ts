import {
  type RecordedCall,
  reportFailure,
  runCall,
  startCall,
} from '@openlayer-tracing/core/integration';
import { endAborted, failCall } from '../common/failures/fail-call.js';
import { isAbort } from '../common/failures/thrown.js';
import { objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { RequestKind } from './request-kinds.js';

/** A request that is sent or handled here. */
export interface McpRequest {
  readonly side: 'sender' | 'handler';
  readonly kind: RequestKind;
  readonly params: unknown;
  /** The signal by which the app or the other side may abort the request; undefined if there is none. */
  readonly signal: unknown;
}

/** Runs `call` as a step for a request. What it returns or throws passes unchanged. */
export function runRequest<T>(request: McpRequest, options: CallOptions, call: () => T): T {
  const recorded = start(request, options);
  if (recorded === undefined) return call();
  // A server may respond at once and send the result of the tool later, over another connection.
  if (request.side === 'handler') recorded.holdTrace();
  else recorded.startBackgroundWork();
  return runCall(recorded, call, {
    completed: (result) => end(recorded, request, options, result),
    failed: (error) => failCall(recorded, options, error, { signal: request.signal }),
  });
}

function start({ kind, params }: McpRequest, options: CallOptions): RecordedCall | undefined {
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
  request: McpRequest,
  options: CallOptions,
  returned: unknown,
): void {
  const { kind } = request;
  try {
    const result = objectOrEmpty(returned);
    const failure = kind.failure?.(result, options);
    const update = kind.update(result, options);
    if (failure === undefined) {
      recorded.end(update);
      return;
    }
    // A tool whose client has aborted the request may state a failure of its own.
    if (isAbort(failure, request.signal)) {
      endAborted(recorded, update);
      return;
    }
    // An output that is only a text is the message of the error.
    const { output, ...others } = update;
    recorded.fail(failure, typeof output === 'string' ? others : update);
  } catch (error) {
    reportFailure('request', error);
    recorded.end();
  }
}
