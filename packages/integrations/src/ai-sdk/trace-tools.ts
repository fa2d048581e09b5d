/** Tools of the AI SDK as steps, for versions that do not tell where their code runs. */

import {
  currentClientCall,
  inClientCall,
  type RecordedCall,
  reportFailure,
  startCall,
} from '@openlayer-tracing/core/integration';
import { recordedContent } from '../common/content.js';
import { isRecord } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { Operation } from './operation.js';

type Execute = (this: unknown, ...args: unknown[]) => unknown;

/** The same tools, each with an `execute` that runs in a step of its own. */
export function tracedTools<Tools extends object>(tools: Tools, options: CallOptions): Tools {
  const traced = Object.entries(tools).map(([name, tool]: [string, unknown]) => {
    if (!isRecord(tool) || typeof tool.execute !== 'function') return [name, tool];
    const descriptors = Object.getOwnPropertyDescriptors(tool);
    const copy = Object.create(Object.getPrototypeOf(tool), descriptors) as object;
    const execute = tracedExecute(name, tool.execute as Execute, options);
    return [name, Object.assign(copy, { execute })];
  });
  // Each has what it had, under the name that it had.
  return Object.fromEntries(traced) as Tools;
}

function tracedExecute(name: string, execute: Execute, options: CallOptions): Execute {
  return function tracedExecute(this: unknown, ...args: unknown[]): unknown {
    const tool = begin(name, args[0], options);
    if (tool === undefined) return execute.apply(this, args);
    let result: unknown;
    try {
      // Where the answer of a model is read, nothing is traced.
      result = tool.step.run(() => inClientCall(tool, () => execute.apply(this, args)));
    } catch (error) {
      tool.fail(error);
      throw error;
    }
    const done = (output: unknown) => {
      tool.end({ output: recordedContent(options, 'output', output) });
    };
    if (result instanceof Promise) result.then(done, (error: unknown) => tool.fail(error));
    else done(isRecord(result) && Symbol.asyncIterator in result ? undefined : result);
    return result;
  };
}

function begin(name: string, input: unknown, options: CallOptions): RecordedCall | undefined {
  try {
    // The SDK tells of it itself.
    if (currentClientCall() instanceof Operation) return undefined;
    return startTool(name, input, options);
  } catch (error) {
    reportFailure('tool', error);
    return undefined;
  }
}

/** @param operation what called it, where that is known */
export function startTool(
  name: string,
  input: unknown,
  options: CallOptions,
  operation?: Operation,
): RecordedCall | undefined {
  const inputs = recordedContent(options, 'inputs', input);
  const settings = {
    name,
    type: 'tool',
    inputs,
    functionName: name,
    arguments: inputs,
  } as const;
  const tool = startCall(settings, {}, operation?.recorded?.step) as RecordedCall | undefined;
  if (tool !== undefined) tool.goesOnByItself = true;
  return tool;
}
