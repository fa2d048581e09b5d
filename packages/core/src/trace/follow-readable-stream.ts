/** Follows a web ReadableStream by one that passes its chunks through, one pull for one pull. */

import { CollectedOutput } from './collected-output.js';
import type { RecordedStep } from './recorded-step.js';
import { runInScope } from './run-in-step.js';

/** A stream of the same chunks, with the same back-pressure. The source is locked when the first chunk is asked for. */
export function followReadableStream(
  step: RecordedStep,
  source: ReadableStream<unknown>,
): ReadableStream<unknown> {
  // A subclass may have methods that its users need, and a locked stream is read by somebody already.
  if (source.locked || Object.getPrototypeOf(source) !== ReadableStream.prototype) {
    step.end();
    return source;
  }
  const output = new CollectedOutput(step);
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  const open = () => {
    reader ??= source.getReader();
    return reader;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await runInScope(step, () => open().read());
          if (done) {
            output.complete();
            controller.close();
          } else {
            output.add(value);
            controller.enqueue(value);
          }
        } catch (error) {
          output.fail(error);
          throw error;
        }
      },
      cancel(reason) {
        output.complete();
        return open().cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
