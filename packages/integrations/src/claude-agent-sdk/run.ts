import {
  type RecordedCall,
  type Step,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import type { Ending } from '../common/calls/ending.js';
import {
  recordedContent,
  recordedDetails,
  recordedParameters,
} from '../common/content/recorded-content.js';
import {
  type CallError,
  namedError,
  thrownError,
  toolError,
} from '../common/failures/call-error.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  fieldsNamed,
  isRecord,
  type Json,
  nonEmptyFields,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../common/json.js';
import { nameArray, nameSet } from '../common/names.js';
import type { CallOptions } from '../common/options.js';
import { ModelStep } from './model-step.js';
import { observedPrompt } from './observed-prompt.js';
import { RunTotals } from './run-totals.js';

const MAX_EVENTS = 64;
const MAX_MESSAGES = 32;
/** Options that say how an agent runs, and cannot have secrets. */
const PARAMETERS = nameArray(`
  model fallbackModel maxTurns maxBudgetUsd maxThinkingTokens thinking effort permissionMode
  allowedTools disallowedTools tools resume continue forkSession outputFormat betas skills
  settingSources
`);
/** Frequent messages without information about the work. */
const IGNORED: ReadonlySet<unknown> = nameSet(`
  keep_alive hook_started hook_progress thinking_tokens session_state_changed commands_changed
  background_tasks_changed task_progress
`);
/** Frequent messages that are of interest only if they have one of these fields. */
const RELEVANT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  auth_status: ['error'],
  status: ['compact_result', 'compact_error', 'permissionMode'],
  tool_progress: ['subagent_retry'],
};
/** Fields of a result that have a field of their own in the step. */
const RESULT = nameArray(`
  type subtype uuid session_id result structured_output is_error errors num_turns stop_reason
  total_cost_usd usage modelUsage terminal_reason duration_ms duration_api_ms
`);
/** Fields of a user message that are read, or that only say how it was sent. */
const USER_FIELDS = nameSet(`
  type message uuid session_id parent_tool_use_id timestamp isReplay tool_use_result priority
  shouldQuery file_attachments
`);
const INIT = ['type', 'subtype', 'uuid', 'session_id', 'model', 'cwd'];

/** The conversation of the run itself, or of a subagent. */
interface Thread {
  /** The parent of its steps. */
  readonly parent: Step;
  /** The messages that the model received since its last answer. */
  pendingPrompt: unknown[];
  /** When the last message was received: the model has been working since then. Epoch milliseconds. */
  lastMs: number;
  latest: ModelStep | undefined;
}

/** One run of an agent as a step, recorded by its messages. */
export class AgentRun {
  readonly #options: CallOptions;
  readonly #call: RecordedCall<'agent'>;
  readonly #prompt: unknown;
  /** The messages of a prompt that is an async iterable. */
  readonly #prompts: unknown[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #threads = new Map<string | undefined, Thread>();
  readonly #tools = new Map<string, RecordedCall>();
  readonly #totals: RunTotals;
  readonly #events: unknown[] = [];
  readonly #results: unknown[] = [];
  #metadata: Json = {};
  #details: Json = {};
  #failure: CallError | undefined;
  #messages = 0;
  #isOver = false;

  static start(options: CallOptions, request: Json): AgentRun | undefined {
    const agentOptions = objectOrEmpty(request.options);
    let run: AgentRun | undefined;
    const parameters = recordedParameters(options, parametersOf(agentOptions));
    const inputs = {
      ...(typeof request.prompt === 'string' && { prompt: request.prompt }),
      ...(agentOptions.systemPrompt !== undefined && { systemPrompt: agentOptions.systemPrompt }),
    };
    const call = startCall(
      {
        name: 'Claude Agent',
        type: 'agent',
        inputs: recordedContent(options, 'inputs', inputs),
        metadata: Object.keys(parameters).length > 0 ? { parameters } : {},
      },
      { soFar: () => run?.soFar(), amount: () => run?.amount ?? 0 },
    );
    if (call === undefined) return undefined;
    call.startBackgroundWork();
    run = new AgentRun(options, call, request);
    return run;
  }

  private constructor(options: CallOptions, call: RecordedCall<'agent'>, request: Json) {
    const { abortController, resume, continue: isContinued } = objectOrEmpty(request.options);
    const { signal } = objectOrEmpty(abortController);
    this.#options = options;
    this.#call = call;
    this.#prompt = request.prompt;
    this.#signal = signal instanceof AbortSignal ? signal : undefined;
    // A continued session states the cost of the whole session.
    this.#totals = new RunTotals(options, {
      isResumed: Boolean(resume) || isContinued === true,
    });
    this.#threads.set(undefined, this.#newThread(call.step as Step));
    if (typeof request.prompt === 'string') this.#addPrompt(undefined, request.prompt);
  }

  get step(): Step {
    return this.#call.step as Step;
  }

  get amount(): number {
    return this.#messages;
  }

  get isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /** The arguments for the SDK: a prompt that is an async iterable is replaced by one that is observed. */
  argsOf(args: readonly unknown[]): readonly unknown[] {
    const prompt = observedPrompt(this.#prompt, (message) => this.#takePromptMessage(message));
    if (prompt === undefined) return args;
    const [first, ...others] = args;
    return first === this.#prompt
      ? [prompt, ...others]
      : [{ ...(first as object), prompt }, ...others];
  }

  readMessage(value: unknown): void {
    const message = objectOrEmpty(value);
    if (this.#isOver) return;
    this.#messages++;
    const sessionId = stringOrUndefined(message.session_id);
    if (sessionId !== undefined) this.#metadata = { ...this.#metadata, sessionId };
    switch (message.type) {
      case 'assistant':
        this.#takeAssistant(message);
        break;
      case 'user':
        this.#takeUser(message);
        break;
      case 'stream_event':
        this.#takeStreamEvent(message);
        break;
      case 'result':
        this.#takeResult(message);
        break;
      case 'system':
        if (message.subtype === 'init') this.#takeInit(message);
        else this.#takeEvent(message);
        break;
      default:
        this.#takeEvent(message);
    }
  }

  /** Ends the run. A second call has no effect. */
  end(ending: Ending, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { latest } of this.#threads.values()) latest?.endUnfinished();
    for (const tool of this.#tools.values()) tool.end({ metadata: { ended: 'unfinished' } });
    this.#tools.clear();
    this.#totals.divide(this.#call.step as Step);
    const isCut = ending !== 'complete' && this.#results.length === 0;
    const facts = this.#facts({ isCut });
    if (ending === 'failed') this.#call.fail(thrownError(this.#options, error), facts);
    else if (this.#failure !== undefined) this.#call.fail(this.#failure, facts);
    else this.#call.end(facts);
  }

  soFar(): StepUpdate<'agent'> {
    return this.#facts({ isCut: this.#results.length === 0 });
  }

  #facts({ isCut }: { readonly isCut: boolean }): StepUpdate<'agent'> {
    const output = this.#results.length > 1 ? this.#results : this.#results[0];
    const result = output ?? this.#threads.get(undefined)?.latest?.output;
    return {
      output: recordedContent(this.#options, 'output', result),
      metadata: definedFields({
        ...recordedDetails(this.#options, {
          ...this.#details,
          ...(this.#events.length > 0 && { events: this.#events }),
        }),
        ...this.#metadata,
        partial: isCut && this.#messages > 0 ? true : undefined,
        ended: isCut ? 'left' : undefined,
      }),
    };
  }

  #newThread(parentStep: Step): Thread {
    return { parent: parentStep, pendingPrompt: [], lastMs: Date.now(), latest: undefined };
  }

  /** The conversation with this parent: the id of the tool call that started a subagent, or undefined. */
  #ensureThread(parent: unknown): Thread {
    const id = stringOrUndefined(parent);
    let thread = this.#threads.get(id);
    if (thread === undefined) {
      const parentStep = id === undefined ? undefined : this.#tools.get(id)?.step;
      thread = this.#newThread((parentStep ?? this.#call.step) as Step);
      this.#threads.set(id, thread);
    }
    return thread;
  }

  #addPrompt(parent: unknown, content: unknown, about: Json = {}): void {
    const thread = this.#ensureThread(parent);
    if (thread.pendingPrompt.length < MAX_MESSAGES)
      thread.pendingPrompt.push({ role: 'user', content, ...about });
    thread.lastMs = Date.now();
  }

  /** Records a message of a prompt that is an async iterable. */
  #takePromptMessage(message: unknown): void {
    const { content } = objectOrEmpty(objectOrEmpty(message).message);
    if (this.#prompts.length < MAX_MESSAGES) this.#prompts.push({ role: 'user', content });
    const inputs = recordedContent(this.#options, 'inputs', { prompt: this.#prompts });
    this.#call.update({ inputs });
    this.#addPrompt(undefined, content);
  }

  #takeInit(message: Json): void {
    const facts = presentFields(fieldsExcept(message, ...INIT));
    this.#metadata = {
      ...this.#metadata,
      model: message.model,
      version: message.claude_code_version,
    };
    this.#details = { ...this.#details, ...fieldsExcept(facts, 'claude_code_version') };
  }

  #takeEvent(message: Json): void {
    const { type, subtype, ...rest } = message;
    const kind = type === 'system' && subtype !== undefined ? subtype : type;
    if (kind === 'rate_limit_event') {
      // Only the last one is kept.
      this.#details = { ...this.#details, rateLimit: message.rate_limit_info };
      return;
    }
    const relevant = RELEVANT_FIELDS[String(kind)];
    if (IGNORED.has(kind) || relevant?.every((key) => !message[key])) return;
    if (this.#events.length >= MAX_EVENTS) return;
    this.#events.push({ type: kind, ...presentFields(fieldsExcept(rest, 'uuid', 'session_id')) });
  }

  #takeAssistant(message: Json): void {
    const thread = this.#ensureThread(message.parent_tool_use_id);
    const answer = objectOrEmpty(message.message);
    const step = this.#ensureModelStep(thread, stringOrUndefined(answer.id));
    if (step === undefined) return;
    step.take(message);
    thread.lastMs = Date.now();
    for (const each of arrayOrEmpty(answer.content)) {
      const block = objectOrEmpty(each);
      if (block.type === 'tool_use') this.#startTool(thread, block);
    }
  }

  /** The step of the answer with this id, a new one if there is none. */
  #ensureModelStep(thread: Thread, id: string | undefined): ModelStep | undefined {
    if (thread.latest !== undefined && thread.latest.id === id) return thread.latest;
    const started = ModelStep.start(this.#options, thread.parent, {
      id,
      prompt: thread.pendingPrompt,
      startedAtMs: thread.lastMs,
    });
    if (started === undefined) return undefined;
    thread.pendingPrompt = [];
    thread.latest = started;
    this.#totals.add(started);
    return started;
  }

  #takeStreamEvent({ event, parent_tool_use_id: parent, ttft_ms: firstTokenMs }: Json): void {
    const thread = this.#ensureThread(parent);
    const { type, message } = objectOrEmpty(event);
    const step =
      type === 'message_start'
        ? this.#ensureModelStep(thread, stringOrUndefined(objectOrEmpty(message).id))
        : thread.latest;
    step?.takeEvent(objectOrEmpty(event), countOrUndefined(firstTokenMs));
  }

  #startTool(thread: Thread, { id, name, input }: Json): void {
    const toolId = stringOrUndefined(id);
    if (toolId === undefined || this.#tools.has(toolId)) return;
    const toolName = stringOrUndefined(name) ?? 'tool';
    const toolInput = objectOrEmpty(input);
    const isAgent = toolName === 'Task' || toolName === 'Agent';
    const args = recordedContent(this.#options, 'inputs', input);
    const call = startCall(
      isAgent
        ? {
            name: stringOrUndefined(toolInput.subagent_type) ?? toolName,
            type: 'agent',
            inputs: args,
            ...(stringOrUndefined(toolInput.subagent_type) !== undefined && {
              agentType: stringOrUndefined(toolInput.subagent_type),
            }),
          }
        : { name: toolName, type: 'tool', inputs: args, functionName: toolName, arguments: args },
      {},
      thread.parent,
    );
    if (call === undefined) return;
    call.startBackgroundWork();
    this.#tools.set(toolId, call as unknown as RecordedCall);
  }

  #takeUser(message: Json): void {
    const { content } = objectOrEmpty(message.message);
    if (message.isReplay === true) return;
    for (const each of arrayOrEmpty(content)) {
      const block = objectOrEmpty(each);
      if (block.type === 'tool_result') this.#endTool(block, message.tool_use_result);
    }
    this.#addPrompt(message.parent_tool_use_id, content, nonEmptyFields(message, USER_FIELDS));
  }

  /** @param result the SDK's own result, which has more than the content that the model receives */
  #endTool({ tool_use_id: id, content, is_error: isError }: Json, result: unknown): void {
    const tool = this.#tools.get(String(id));
    if (tool === undefined) return;
    this.#tools.delete(String(id));
    const toolOutput = textOrParts(content);
    const output = recordedContent(this.#options, 'output', toolOutput);
    // The usage and duration of a subagent.
    const about = presentFields(fieldsExcept(objectOrEmpty(result), 'content', 'prompt'));
    const metadata = tool.step.type === 'agent' ? recordedDetails(this.#options, about) : {};
    if (isError !== true) {
      tool.end({ output, metadata });
      return;
    }
    const error = toolError(this.#options, stringOrUndefined(toolOutput));
    tool.fail(error, { output, metadata });
  }

  #addResult(answer: unknown): void {
    if (this.#results.length < MAX_MESSAGES) this.#results.push(answer);
  }

  #takeResult(message: Json): void {
    const { subtype, is_error: isError, errors, result, structured_output: structured } = message;
    if (structured !== undefined || stringOrUndefined(result))
      this.#addResult(structured ?? result);
    this.#totals.takeResult(message);
    this.#metadata = {
      ...this.#metadata,
      numTurns: message.num_turns,
      finishReason: stringOrUndefined(message.stop_reason),
      terminalReason: message.terminal_reason,
      durationMs: message.duration_ms,
      durationApiMs: message.duration_api_ms,
      modelUsage: isRecord(message.modelUsage) ? message.modelUsage : undefined,
      ...this.#totals.metadata,
    };
    this.#details = { ...this.#details, ...presentFields(fieldsExcept(message, ...RESULT)) };
    const isFailed = isError === true || (typeof subtype === 'string' && subtype !== 'success');
    this.#failure = isFailed
      ? failureOf(this.#options, subtype, joinedErrors(errors) ?? result)
      : undefined;
    // A prompt that is an async iterable may continue. Any other run is complete, even if nobody reads its end.
    if (typeof this.#prompt === 'string') this.#call.stopBackgroundWork();
  }
}

function joinedErrors(errors: unknown): string | undefined {
  const messages = arrayOrEmpty(errors).filter((each) => typeof each === 'string');
  return messages.length > 0 ? messages.join('\n') : undefined;
}

function failureOf(options: CallOptions, subtype: unknown, stated: unknown): CallError {
  const kind = stringOrUndefined(subtype);
  const name = kind === undefined || kind === 'success' ? 'error' : kind;
  return namedError(options, name, stringOrUndefined(stated));
}

function parametersOf(agentOptions: Json): Json {
  const { agents, mcpServers } = agentOptions;
  return definedFields({
    ...fieldsNamed(agentOptions, PARAMETERS),
    agents: isRecord(agents) ? Object.keys(agents) : undefined,
    mcpServers: isRecord(mcpServers) ? Object.keys(mcpServers) : undefined,
  });
}

/** One string if all parts are texts, else the parts. */
function textOrParts(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) => stringOrUndefined(objectOrEmpty(part).text));
  return texts.length > 0 && texts.every((each) => each !== undefined) ? texts.join('\n') : content;
}
