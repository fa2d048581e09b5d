import {
  type RecordedCall,
  reportFailure,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { CallError, isAbort } from '../common/call-error.js';
import { recordedContent } from '../common/content.js';
import { list, record, text } from '../common/json.js';
import type { CallOptions } from '../common/options.js';

/** Which side of the protocol the tool is called on. */
type Side = 'client' | 'server';

/** Runs a call of a tool as a step. What it returns and throws passes unchanged. */
export function asToolStep<T>(side: Side, options: CallOptions, params: unknown, call: () => T): T {
  const recorded = begin(options, params);
  if (recorded === undefined) return call();
  // A server may answer the request at once and send what the tool returned later, over another connection.
  if (side === 'server') recorded.keepsTraceOpen = true;
  else recorded.goesOnByItself = true;
  let result: T;
  try {
    result = recorded.step.run(call);
  } catch (error) {
    recorded.fail(error);
    throw error;
  }
  if (result instanceof Promise) {
    result.then(
      (value) => end(recorded, options, value),
      // A call that was given up did not fail.
      (error: unknown) =>
        isAbort(error)
          ? recorded.end({ metadata: { ended: 'left' } } as StepUpdate)
          : recorded.fail(error),
    );
  } else end(recorded, options, result);
  return result;
}

function begin(options: CallOptions, params: unknown): RecordedCall | undefined {
  try {
    const { name, arguments: args } = record(params);
    const called = text(name) ?? 'tool';
    const inputs = recordedContent(options, 'inputs', args);
    return startCall({
      name: called,
      type: 'tool',
      inputs,
      functionName: called,
      arguments: inputs,
    }) as RecordedCall | undefined;
  } catch (error) {
    reportFailure('tool', error);
    return undefined;
  }
}

/** A tool that throws is told as a result like any other, with a mark. */
function end(recorded: RecordedCall, options: CallOptions, result: unknown): void {
  try {
    const { content, structuredContent, isError } = record(result);
    const parts = list(content);
    const texts = parts.map((part) => text(record(part).text));
    const said = texts.every((each) => each !== undefined) ? texts.join('\n') : parts;
    if (isError === true) {
      const told = typeof said === 'string' && options.content !== false && !options.redact;
      recorded.fail(new CallError('ToolError', told ? said : 'the tool failed'));
    } else {
      recorded.end({ output: recordedContent(options, 'output', structuredContent ?? said) });
    }
  } catch (error) {
    reportFailure('tool', error);
    recorded.end();
  }
}
