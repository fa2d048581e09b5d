import {
  type RecordedCall,
  type Step,
  type StepOptions,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { toolError } from '../common/failures/call-error.js';
import {
  definedFields,
  fieldsExcept,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';

const UNFINISHED = { metadata: { ended: 'unfinished' } };

/** A tool or subagent as a step. */
interface Tool {
  readonly call: RecordedCall;
  failure: Error | undefined;
  /** Whether it continues after its result, which only says that it was started. */
  isInBackground: boolean;
}

/** The tools and subagents of a run as steps, by the ids of their calls. */
export class RunTools {
  readonly #options: CallOptions;
  readonly #tools = new Map<string, Tool>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /** The step of a tool, which may have ended; undefined if there is none. */
  stepOf(id: string | undefined): Step | undefined {
    return id === undefined ? undefined : this.#tools.get(id)?.call.step;
  }

  /** Starts the step of a tool, by the block with its call. */
  start(parent: Step, { id, name, input }: JsonObject): void {
    const toolId = stringOrUndefined(id);
    if (toolId === undefined || this.#tools.has(toolId)) return;
    const toolName = stringOrUndefined(name) ?? 'tool';
    const args = recordedContent(this.#options, 'inputs', input);
    const isAgent = toolName === 'Task' || toolName === 'Agent';
    const step = isAgent ? subagentStep(toolName, input, args) : toolStep(toolName, args);
    // The trace waits for the run, and not for its tools.
    const call = startCall(step, { soFar: () => UNFINISHED }, parent);
    if (call === undefined) return;
    this.#tools.set(toolId, {
      call: call as RecordedCall,
      failure: undefined,
      isInBackground: false,
    });
  }

  /** A subagent goes on after its end: extends its step until now. */
  extend(id: string | undefined): void {
    const tool = id === undefined ? undefined : this.#tools.get(id);
    if (tool === undefined || tool.call.isOpen || !tool.call.isTraceOpen) return;
    tool.call.retry();
    endTool(tool);
  }

  /**
   * Ends the step of a tool, by the block with its result. The step of a subagent in the background stays open.
   * @param result the SDK's own result, which has more than the content that the model receives
   */
  end({ tool_use_id: id, content, is_error: isError }: JsonObject, result: unknown): void {
    const tool = this.#tools.get(String(id));
    if (tool?.call.isOpen !== true) return;
    const { call } = tool;
    const isAgent = call.step.type === 'agent';
    const stated = objectOrEmpty(result);
    const toolOutput = linesOrContent(content);
    const output = recordedContent(this.#options, 'output', toolOutput);
    // The usage and duration of a subagent.
    const about = presentFields(fieldsExcept(stated, 'content', 'prompt'));
    const metadata = isAgent ? recordedDetails(this.#options, about) : {};
    tool.isInBackground = isAgent && isError !== true && stated.status === 'async_launched';
    if (isError === true) {
      tool.failure = toolError(this.#options, stringOrUndefined(toolOutput));
    }
    if (tool.isInBackground) call.update({ output, metadata });
    else endTool(tool, { output, metadata });
  }

  /**
   * Ends the step of a subagent in the background, by the message that its task has ended.
   * @param answer the last answer of its model
   */
  endTask({ tool_use_id: id, status, summary, usage }: JsonObject, answer: unknown): void {
    const tool = this.#tools.get(String(id));
    if (tool?.call.isOpen !== true || !tool.isInBackground) return;
    const text = stringOrUndefined(summary);
    const update = {
      output: recordedContent(this.#options, 'output', answer ?? text),
      metadata: definedFields({
        ...recordedDetails(this.#options, definedFields({ status, usage })),
        ended: status === 'stopped' ? 'left' : undefined,
      }),
    };
    if (status === 'failed') tool.failure = toolError(this.#options, text);
    endTool(tool, update);
  }

  /** Ends the tools whose ends were not received. */
  endAll(): void {
    for (const { call } of this.#tools.values()) {
      if (call.isOpen) call.end(UNFINISHED);
    }
  }
}

function endTool({ call, failure }: Tool, update?: StepUpdate): void {
  if (failure === undefined) call.end(update);
  else call.fail(failure, update);
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

/** One string with a line for each part if all are texts, else the content itself. */
function linesOrContent(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) => stringOrUndefined(objectOrEmpty(part).text));
  return texts.length > 0 && texts.every((each) => each !== undefined) ? texts.join('\n') : content;
}
