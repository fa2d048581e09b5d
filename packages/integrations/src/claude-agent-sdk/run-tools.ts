import {
  type RecordedCall,
  type Step,
  type StepOptions,
  startCall,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { toolError } from '../common/failures/call-error.js';
import {
  fieldsExcept,
  type Json,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';

/** The open tools and subagents of a run as steps, by the ids of their calls. */
export class RunTools {
  readonly #options: CallOptions;
  readonly #open = new Map<string, RecordedCall>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /** The step of an open tool; undefined if there is none. */
  stepOf(id: string | undefined): Step | undefined {
    return id === undefined ? undefined : this.#open.get(id)?.step;
  }

  /** Starts the step of a tool, by the block with its call. */
  start(parent: Step, { id, name, input }: Json): void {
    const toolId = stringOrUndefined(id);
    if (toolId === undefined || this.#open.has(toolId)) return;
    const toolName = stringOrUndefined(name) ?? 'tool';
    const args = recordedContent(this.#options, 'inputs', input);
    const isAgent = toolName === 'Task' || toolName === 'Agent';
    const step = isAgent ? subagentStep(toolName, input, args) : toolStep(toolName, args);
    const call = startCall(step, {}, parent);
    if (call === undefined) return;
    call.startBackgroundWork();
    this.#open.set(toolId, call as RecordedCall);
  }

  /**
   * Ends the step of a tool, by the block with its result.
   * @param result the SDK's own result, which has more than the content that the model receives
   */
  end({ tool_use_id: id, content, is_error: isError }: Json, result: unknown): void {
    const tool = this.#open.get(String(id));
    if (tool === undefined) return;
    this.#open.delete(String(id));
    const toolOutput = textOrParts(content);
    const output = recordedContent(this.#options, 'output', toolOutput);
    // The usage and duration of a subagent.
    const about = presentFields(fieldsExcept(objectOrEmpty(result), 'content', 'prompt'));
    const metadata = tool.step.type === 'agent' ? recordedDetails(this.#options, about) : {};
    if (isError !== true) tool.end({ output, metadata });
    else {
      const error = toolError(this.#options, stringOrUndefined(toolOutput));
      tool.fail(error, { output, metadata });
    }
  }

  /** Ends the tools whose results were not received. */
  endAll(): void {
    for (const tool of this.#open.values()) tool.end({ metadata: { ended: 'unfinished' } });
    this.#open.clear();
  }
}

function toolStep(name: string, args: unknown): StepOptions {
  return { name, type: 'tool', inputs: args, functionName: name, arguments: args } as StepOptions;
}

function subagentStep(toolName: string, input: unknown, args: unknown): StepOptions {
  const agentType = stringOrUndefined(objectOrEmpty(input).subagent_type);
  return {
    name: agentType ?? toolName,
    type: 'agent',
    inputs: args,
    ...(agentType !== undefined && { agentType }),
  };
}

/** One string if all parts are texts, else the parts. */
function textOrParts(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) => stringOrUndefined(objectOrEmpty(part).text));
  return texts.length > 0 && texts.every((each) => each !== undefined) ? texts.join('\n') : content;
}
