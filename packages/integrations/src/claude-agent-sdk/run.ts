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
import { thrownError } from '../common/failures/call-error.js';
import { isTimeout } from '../common/failures/thrown.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { wordArray, wordSet } from '../common/words.js';
import { ModelStep } from './model-step.js';
import { observedPrompt } from './observed-prompt.js';
import { RunFacts } from './run-facts.js';
import { RunTools } from './run-tools.js';
import { RunTotals } from './run-totals.js';

/** The instrumentation of OpenTelemetry that has spans of runs and of their tools. */
export const OPENINFERENCE = '@arizeai/openinference-instrumentation-claude-agent-sdk';

const MAX_MESSAGES = 32;
/** Options that say how an agent runs, and cannot have secrets. */
const PARAMETERS = wordArray(`
  model fallbackModel maxTurns maxBudgetUsd maxThinkingTokens thinking effort permissionMode
  allowedTools disallowedTools tools resume continue forkSession outputFormat betas skills
  settingSources
`);
/** Fields of a user message that are read, or that only say how it was sent. */
const KNOWN_OF_USER = wordSet(`
  type message uuid session_id parent_tool_use_id timestamp isReplay tool_use_result priority
  shouldQuery file_attachments
`);
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

/** The prompt and the options of a run. */
export interface RunRequest {
  readonly prompt: unknown;
  /** The SDK's options; undefined if they are unknown, as those of a process that was started before. */
  readonly options: JsonObject | undefined;
}

interface RunEnd {
  /** Whether something of the run is missing. */
  readonly isCut: boolean;
  readonly hasFailed: boolean;
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
  readonly #tools: RunTools;
  readonly #totals: RunTotals;
  readonly #facts: RunFacts;
  #messages = 0;
  #isOver = false;

  static start(options: CallOptions, request: RunRequest): AgentRun | undefined {
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
      { soFar: () => run?.soFar(), amount: () => run?.amount ?? 0, observedBy: OPENINFERENCE },
    );
    if (call === undefined) return undefined;
    call.startBackgroundWork();
    run = new AgentRun(options, call, request);
    return run;
  }

  private constructor(options: CallOptions, call: RecordedCall<'agent'>, request: RunRequest) {
    const { abortController, resume, continue: isContinued } = objectOrEmpty(request.options);
    const { signal } = objectOrEmpty(abortController);
    this.#options = options;
    this.#call = call;
    this.#prompt = request.prompt;
    this.#signal = signal instanceof AbortSignal ? signal : undefined;
    this.#tools = new RunTools(options);
    this.#facts = new RunFacts(options);
    // A continued session states the cost of the whole session.
    this.#totals = new RunTotals(options, {
      isResumed: request.options === undefined || Boolean(resume) || isContinued === true,
    });
    this.#threads.set(undefined, this.#newThread(this.step));
    if (typeof request.prompt === 'string') this.#addPrompt(undefined, request.prompt);
  }

  get step(): Step {
    return this.#call.step as Step;
  }

  get amount(): number {
    return this.#messages;
  }

  /** The app's abort signal; undefined if there is none. */
  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /** The arguments for the SDK: a prompt that is an async iterable is replaced by one that is observed. */
  argsOf(args: readonly unknown[]): readonly unknown[] {
    const prompt = observedPrompt(this.#prompt, (message) => this.#readPromptMessage(message));
    if (prompt === undefined) return args;
    const [first, ...others] = args;
    return first === this.#prompt
      ? [prompt, ...others]
      : [{ ...(first as object), prompt }, ...others];
  }

  readMessage(value: unknown): void {
    const message = objectOrEmpty(value);
    if (this.#isOver) return;
    this.#call.stopWaiting();
    this.#messages++;
    const sessionId = stringOrUndefined(message.session_id);
    if (sessionId !== undefined) this.#facts.addMetadata({ sessionId });
    switch (message.type) {
      case 'assistant':
        this.#readAssistant(message);
        break;
      case 'user':
        this.#readUser(message);
        break;
      case 'stream_event':
        this.#readStreamEvent(message);
        break;
      case 'result':
        this.#readResult(message);
        break;
      case 'system':
        this.#readSystem(message);
        break;
      default:
        if (message.type === 'conversation_reset') this.#totals.readConversationReset(message);
        this.#facts.readEvent(message);
    }
  }

  /** The app reads the next message: until the run has ended, its trace waits for it. */
  readOn(): void {
    if (this.#isOver) return;
    this.#call.startBackgroundWork();
    this.#call.startWaiting();
  }

  /** Ends the run. A second call has no effect. */
  end(ending: Ending, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { latest } of this.#threads.values()) latest?.endUnfinished();
    this.#tools.endAll();
    const { failure, isTurnOver, isAborted } = this.#facts;
    const isCut = isAborted || (ending !== 'complete' && !isTurnOver);
    const reason: unknown = this.#signal?.reason;
    const isTimedOut = isTimeout(reason) && (isAborted || ending === 'failed');
    const hasFailed = ending === 'failed' || isTimedOut;
    const update = this.#update({ isCut, hasFailed });
    if (hasFailed) {
      this.#call.fail(thrownError(this.#options, isTimedOut ? reason : error), update);
    } else if (failure !== undefined) this.#call.fail(failure, update);
    else this.#call.end(update);
  }

  soFar(): StepUpdate<'agent'> {
    const { failure, isTurnOver, isAborted } = this.#facts;
    const isCut = isAborted || !isTurnOver;
    const update = this.#update({ isCut, hasFailed: false });
    return failure === undefined ? update : ({ ...update, error: failure } as StepUpdate<'agent'>);
  }

  #update({ isCut, hasFailed }: RunEnd): StepUpdate<'agent'> {
    const { output, details, metadata } = this.#facts;
    const result = output ?? this.#threads.get(undefined)?.latest?.output;
    return {
      output: recordedContent(this.#options, 'output', result),
      metadata: definedFields({
        ...recordedDetails(this.#options, details),
        ...metadata,
        partial: isCut && this.#messages > 0 ? true : undefined,
        ended: isCut && !hasFailed ? 'left' : undefined,
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
      thread = this.#newThread(this.#tools.stepOf(id) ?? this.step);
      this.#threads.set(id, thread);
    }
    return thread;
  }

  #addPrompt(parent: unknown, content: unknown, about: JsonObject = {}): void {
    const thread = this.#ensureThread(parent);
    if (thread.pendingPrompt.length < MAX_MESSAGES)
      thread.pendingPrompt.push({ role: 'user', content, ...about });
    thread.lastMs = Date.now();
  }

  /** Records a message of a prompt that is an async iterable. */
  #readPromptMessage(message: unknown): void {
    const { content } = objectOrEmpty(objectOrEmpty(message).message);
    if (this.#prompts.length < MAX_MESSAGES) this.#prompts.push({ role: 'user', content });
    const inputs = recordedContent(this.#options, 'inputs', { prompt: this.#prompts });
    this.#call.update({ inputs });
    this.#addPrompt(undefined, content);
  }

  #readAssistant(message: JsonObject): void {
    const threadId = this.#noteAnswer(message.parent_tool_use_id);
    const thread = this.#ensureThread(threadId);
    const answer = objectOrEmpty(message.message);
    const step = this.#ensureModelStep(thread, stringOrUndefined(answer.id));
    if (step === undefined) return;
    step.readMessage(message);
    thread.lastMs = Date.now();
    for (const each of arrayOrEmpty(answer.content)) {
      const block = objectOrEmpty(each);
      if (block.type === 'tool_use') this.#tools.start(thread.parent, block);
    }
    this.#tools.extend(threadId);
  }

  /** A model answers in this conversation. @returns the id of the conversation; undefined for that of the run itself */
  #noteAnswer(parent: unknown): string | undefined {
    const id = stringOrUndefined(parent);
    if (id === undefined) this.#facts.continueTurn();
    return id;
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
    this.#totals.add(started, { isMain: thread === this.#threads.get(undefined) });
    return started;
  }

  #readStreamEvent({ event, parent_tool_use_id: parent, ttft_ms: firstTokenMs }: JsonObject): void {
    const thread = this.#ensureThread(this.#noteAnswer(parent));
    const { type, message } = objectOrEmpty(event);
    const step =
      type === 'message_start'
        ? this.#ensureModelStep(thread, stringOrUndefined(objectOrEmpty(message).id))
        : thread.latest;
    step?.readEvent(objectOrEmpty(event), countOrUndefined(firstTokenMs));
  }

  #readUser(message: JsonObject): void {
    const { content } = objectOrEmpty(message.message);
    if (message.isReplay === true) return;
    for (const each of arrayOrEmpty(content)) {
      const block = objectOrEmpty(each);
      if (block.type === 'tool_result') this.#tools.end(block, message.tool_use_result);
    }
    this.#addPrompt(message.parent_tool_use_id, content, nonEmptyFields(message, KNOWN_OF_USER));
  }

  #readSystem(message: JsonObject): void {
    const { subtype, tool_use_id: id } = message;
    if (subtype === 'init') {
      this.#facts.readInit(message);
      return;
    }
    if (subtype === 'task_notification') {
      const answer = this.#threads.get(stringOrUndefined(id))?.latest?.output;
      this.#tools.endTask(message, id === undefined ? undefined : answer);
    }
    this.#facts.readEvent(message);
  }

  #readResult(message: JsonObject): void {
    this.#facts.readResult(message);
    if (this.#call.isTraceOpen) this.#totals.readResult(message, this.step);
    this.#facts.addMetadata(this.#totals.metadata);
    // The run may continue after a result, also if its prompt is a string. If the app does not read on, that is not recorded.
    this.#call.stopBackgroundWork();
    this.#call.markRead();
  }
}

function parametersOf(agentOptions: JsonObject): JsonObject {
  const { agents, mcpServers } = agentOptions;
  return definedFields({
    ...fieldsNamed(agentOptions, PARAMETERS),
    agents: isJsonObject(agents) ? Object.keys(agents) : undefined,
    mcpServers: isJsonObject(mcpServers) ? Object.keys(mcpServers) : undefined,
  });
}
