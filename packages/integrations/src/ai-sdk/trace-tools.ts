/** Makes tools of the AI SDK steps, for versions of the SDK whose telemetry does not say where a tool runs. */

import {
  currentClientCall,
  type RecordedCall,
  reportFailure,
  runCall,
  startCall,
} from '@openlayer-tracing/core/integration';
import { recordedContent } from '../common/content/recorded-content.js';
import { failCall } from '../common/failures/fail-call.js';
import { isTraced, markTraced } from '../common/hooks/traced.js';
import {
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { Operation } from './operation.js';

type ToolExecute = (this: unknown, ...args: unknown[]) => unknown;

/** Copies of the tools, each with an `execute` that runs in a step of its own. A tool that has such a method is kept. */
export function tracedTools<Tools extends object>(tools: Tools, options: CallOptions): Tools {
  const copies = Object.entries(tools).map(([name, tool]: [string, unknown]) => {
    if (!isJsonObject(tool) || typeof tool.execute !== 'function') return [name, tool];
    if (isTraced(tool.execute)) return [name, tool];
    const execute = {
      value: traceExecute(name, tool.execute as ToolExecute, options),
      writable: true,
      enumerable: true,
      configurable: true,
    };
    const descriptors = { ...Object.getOwnPropertyDescriptors(tool), execute };
    return [name, Object.create(Object.getPrototypeOf(tool), descriptors)];
  });
  // Each copy has the fields and the name of its tool.
  return Object.fromEntries(copies) as Tools;
}

function traceExecute(name: string, execute: ToolExecute, options: CallOptions): ToolExecute {
  function tracedExecute(this: unknown, ...args: unknown[]): unknown {
    const tool = startTracedTool(name, args, options);
    if (tool === undefined) return execute.apply(this, args);
    const outputUpdate = (output: unknown) => ({
      output: recordedContent(options, 'output', output),
    });
    return runCall(tool, () => execute.apply(this, args), {
      completed: (output) => tool.end(outputUpdate(output)),
      failed: (error, soFar) => {
        const { abortSignal: signal } = objectOrEmpty(args[1]);
        failCall(tool, options, error, { update: outputUpdate(soFar), signal });
      },
    });
  }
  markTraced(tracedExecute);
  return tracedExecute;
}

function startTracedTool(
  name: string,
  [input, call]: readonly unknown[],
  options: CallOptions,
): RecordedCall | undefined {
  try {
    // The SDK's telemetry reports the tool.
    if (currentClientCall() instanceof Operation) return undefined;
    const toolCallId = stringOrUndefined(objectOrEmpty(call).toolCallId);
    return startTool(options, { name, input, metadata: definedFields({ toolCallId }) });
  } catch (error) {
    reportFailure('tool', error);
    return undefined;
  }
}

interface ToolRun {
  readonly name: string;
  readonly input: unknown;
  /** The operation that called the tool, if it is known. */
  readonly operation?: Operation;
  /** The metadata of the step. */
  readonly metadata: JsonObject;
  /** Called if the trace ends before the tool. */
  readonly onTraceEnd?: () => void;
}

/** Starts the step of a tool. @returns undefined if nothing is recorded */
export function startTool(
  options: CallOptions,
  { name, input, operation, metadata, onTraceEnd }: ToolRun,
): RecordedCall | undefined {
  const inputs = recordedContent(options, 'inputs', input);
  const settings = {
    name,
    type: 'tool',
    inputs,
    functionName: name,
    arguments: inputs,
    metadata,
  } as const;
  const progress = {
    soFar: () => {
      onTraceEnd?.();
      return undefined;
    },
  };
  const tool = startCall(settings, progress, operation?.recorded?.step) as RecordedCall | undefined;
  if (tool !== undefined) tool.startBackgroundWork();
  return tool;
}
