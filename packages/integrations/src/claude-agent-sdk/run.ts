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
import { isTimeout, thrownError } from '../common/failures/call-error.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsNamed,
  isRecord,
  type Json,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { nameArray, nameSet } from '../common/names.js';
import type { CallOptions } from '../common/options.js';
import { ModelStep } from './model-step.js';
import { observedPrompt } from './observed-prompt.js';
import { RunFacts } from './run-facts.js';
import { RunTools } from './run-tools.js';
import { RunTotals } from './run-totals.js';

/** The instrumentation of OpenTelemetry that has spans of runs and of their tools. */
export const OPENINFERENCE = '@arizeai/openinference-instrumentation-claude-agent-sdk';

const MAX_MESSAGES = 32;
/** Options that say how an agent runs, and cannot have secrets. */
const PARAMETERS = nameArray(`
  model fallbackModel maxTurns maxBudgetUsd maxThinkingTokens thinking effort permissionMode
  allowedTools disallowedTools tools resume continue forkSession outputFormat betas skills
  settingSources
`);
/** Fields of a user message that are read, or that only say how it was sent. */
const READ_OF_USER = nameSet(`
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

interface RunEnd {
  /** Whether something of the run is missing. */
  readonly isCut: boolean;
  readonly isLeft: boolean;
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
      { soFar: () => run?.soFar(), amount: () => run?.amount ?? 0, observedBy: OPENINFERENCE },
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
    this.#tools = new RunTools(options);
    this.#facts = new RunFacts(options);
    // A continued session states the cost of the whole session.
    this.#totals = new RunTotals(options, {
      isResumed: Boolean(resume) || isContinued === true,
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

  /** By which the app may abort the run; undefined if there is none. */
  get signal(): AbortSignal | undefined {
    return this.#signal;
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
    if (sessionId !== undefined) this.#facts.addMetadata({ sessionId });
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
        if (message.subtype === 'init') this.#facts.takeInit(message);
        else this.#facts.takeEvent(message);
        break;
      default:
        this.#facts.takeEvent(message);
    }
  }

  /** Ends the run. A second call has no effect. */
  end(ending: Ending, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { latest } of this.#threads.values()) latest?.endUnfinished();
    this.#tools.endAll();
    this.#totals.divide(this.step);
    const { failure, hasResult, isAborted } = this.#facts;
    const isCut = isAborted || (ending !== 'complete' && !hasResult);
    const reason: unknown = this.#signal?.reason;
    const isTimedOut = isTimeout(reason) && (isAborted || ending === 'failed');
    const hasFailed = ending === 'failed' || isTimedOut;
    const update = this.#update({ isCut, isLeft: isCut && !hasFailed });
    if (hasFailed) {
      this.#call.fail(thrownError(this.#options, isTimedOut ? reason : error), update);
    } else if (failure !== undefined) this.#call.fail(failure, update);
    else this.#call.end(update);
  }

  soFar(): StepUpdate<'agent'> {
    const isCut = this.#facts.isAborted || !this.#facts.hasResult;
    return this.#update({ isCut, isLeft: isCut });
  }

  #update({ isCut, isLeft }: RunEnd): StepUpdate<'agent'> {
    const { output, details, metadata } = this.#facts;
    const result = output ?? this.#threads.get(undefined)?.latest?.output;
    return {
      output: recordedContent(this.#options, 'output', result),
      metadata: definedFields({
        ...recordedDetails(this.#options, details),
        ...metadata,
        partial: isCut && this.#messages > 0 ? true : undefined,
        ended: isLeft ? 'left' : undefined,
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

  #takeAssistant(message: Json): void {
    const thread = this.#ensureThread(message.parent_tool_use_id);
    const answer = objectOrEmpty(message.message);
    const step = this.#ensureModelStep(thread, stringOrUndefined(answer.id));
    if (step === undefined) return;
    step.take(message);
    thread.lastMs = Date.now();
    for (const each of arrayOrEmpty(answer.content)) {
      const block = objectOrEmpty(each);
      if (block.type === 'tool_use') this.#tools.start(thread.parent, block);
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

  #takeUser(message: Json): void {
    const { content } = objectOrEmpty(message.message);
    if (message.isReplay === true) return;
    for (const each of arrayOrEmpty(content)) {
      const block = objectOrEmpty(each);
      if (block.type === 'tool_result') this.#tools.end(block, message.tool_use_result);
    }
    this.#addPrompt(message.parent_tool_use_id, content, nonEmptyFields(message, READ_OF_USER));
  }

  #takeResult(message: Json): void {
    this.#facts.takeResult(message);
    this.#totals.takeResult(message);
    this.#facts.addMetadata(this.#totals.metadata);
    // A prompt that is an async iterable may continue. Any other run is complete, even if nobody reads its end.
    if (typeof this.#prompt === 'string') this.#call.stopBackgroundWork();
  }
}

function parametersOf(agentOptions: Json): Json {
  const { agents, mcpServers } = agentOptions;
  return definedFields({
    ...fieldsNamed(agentOptions, PARAMETERS),
    agents: isRecord(agents) ? Object.keys(agents) : undefined,
    mcpServers: isRecord(mcpServers) ? Object.keys(mcpServers) : undefined,
  });
}
