/** A stream that passes another one through, one pull for one pull, and settles a trace at its end. */

import { startTimer } from '../publish/delay.js';
import type { Outcome } from '../trace/types.js';
import type { RecordedRequest } from './request-trace.js';

/** Who is told of the stream's end. */
export interface StreamEnd {
  /** Whether the client is known to have left. */
  readonly isAborted: boolean;
  /** Never throws. */
  settle(outcome: Outcome, error?: unknown): void;
}

/** The chunks are the same ones, asked for in the scope of the trace, and never before they are wanted. */
export function followedStream(
  trace: RecordedRequest,
  source: ReadableStream<Uint8Array>,
  end: StreamEnd,
): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const read = () => {
    reader ??= source.getReader();
    return reader.read();
  };
  return new ReadableStream(
    {
      async pull(controller) {
        let result: Awaited<ReturnType<typeof read>>;
        try {
          result = await trace.run(read);
        } catch (error) {
          end.settle('error', error);
          throw error;
        }
        if (result.done) {
          end.settle('completed');
          controller.close();
        } else {
          see(trace, result.value);
          controller.enqueue(result.value);
        }
      },
      cancel(reason) {
        cancelled(end, reader !== undefined);
        return (reader ?? source).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What nobody began to read may have been put aside by the app, for an answer of its own. */
function cancelled(end: StreamEnd, isRead: boolean): void {
  if (isRead || end.isAborted) end.settle('aborted');
  else startTimer(() => end.settle(end.isAborted ? 'aborted' : 'completed'), 0);
}

function see(trace: RecordedRequest, chunk: Uint8Array): void {
  try {
    trace.answered(chunk, undefined);
  } catch (error) {
    trace.failed('write', error);
  }
}
