/** Follows a web ReadableStream by one that passes its chunks through, one pull for one pull. */

import { CollectedOutput } from './collected-output.js';
import type { RecordedStep } from './recorded-step.js';
import { runInScope } from './run-in-scope.js';

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
  const read = () => {
    reader ??= source.getReader();
    return reader.read();
  };
  return new ReadableStream(
    {
      async pull(controller) {
        let result: Awaited<ReturnType<typeof read>>;
        try {
          result = await runInScope(step, read);
        } catch (error) {
          output.fail(error);
          throw error;
        }
        if (result.done) {
          output.complete();
          controller.close();
        } else {
          output.collect(result.value);
          controller.enqueue(result.value);
        }
      },
      cancel(reason) {
        output.complete();
        return (reader ?? source).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
