import { type RecordedCall, recognizeAcrossCopies } from '@openlayer-tracing/core/integration';
import { unknownError } from '../common/failures/call-error.js';
import type { JsonObject } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import {
  AiSdkModelCall,
  type AiSdkModelRequest,
  type CallDescription,
  type ReportedSignal,
} from './model-call.js';
import { chat, embedding } from './model-kinds.js';

/** `single`: an operation that is recorded as one call of a model, such as a reranking or a transcription. */
type OperationKind = 'run' | 'stream' | 'single' | 'embed' | 'embedMany';

/** The facts with which an operation starts. */
interface OperationStart {
  /** The step of the operation; undefined for embeddings and single calls, which have only the steps of their model calls. */
  readonly recorded?: RecordedCall | undefined;
  /** The parameters of its model calls. */
  readonly settings?: JsonObject | undefined;
  /** The app's description, for an operation without a step of its own. */
  readonly description?: CallDescription | undefined;
}

interface OpenEmbedding {
  readonly call: AiSdkModelCall;
  /** The array that the SDK passes for each attempt of a request of `embedMany`. */
  readonly values: unknown;
}

/** One call of the AI SDK by the app: generateText, streamObject, embed, ... It keeps the open calls of models and tools. */
export class Operation {
  readonly kind: OperationKind;
  /** The options of the integration; `recordInputs` and `recordOutputs` of the call may hide content in addition. */
  readonly options: CallOptions;
  readonly recorded: RecordedCall | undefined;
  readonly #description: CallDescription | undefined;
  #settings: JsonObject;
  #model: AiSdkModelCall | undefined = undefined;
  /** Whether the model call failed, so that the next request is a retry. */
  #hasModelFailed = false;
  #isFromChannel = false;
  #isOver = false;
  readonly #signal: { aborted: boolean; reason: unknown } = { aborted: false, reason: undefined };
  readonly #tools = new Map<unknown, RecordedCall>();
  readonly #openEmbeddings = new Map<unknown, OpenEmbedding>();
  /** The embedding calls that have ended, in the order of their requests. */
  readonly #endedEmbeddings: AiSdkModelCall[] = [];
  /** The response of the only embedding, until the operation ends. */
  #embedding: JsonObject = {};

  constructor(
    kind: OperationKind,
    options: CallOptions,
    { recorded, settings = {}, description }: OperationStart = {},
  ) {
    this.kind = kind;
    this.options = options;
    this.recorded = recorded;
    this.#settings = settings;
    this.#description = description;
  }

  /** The last call of a model; undefined before the first one, and for embeddings. */
  get model(): AiSdkModelCall | undefined {
    return this.#model;
  }

  /** Whether the operation is recorded from the diagnostics channel. */
  get isFromChannel(): boolean {
    return this.#isFromChannel;
  }

  markFromChannel(): void {
    this.#isFromChannel = true;
  }

  /** Whether the SDK has reported the end of the operation. Its tools may still run. */
  get isOver(): boolean {
    return this.#isOver;
  }

  markOver(): void {
    this.#isOver = true;
  }

  /** The state of the app's abort signal. The calls of models receive this object when they start. */
  get signal(): ReportedSignal {
    return this.#signal;
  }

  /** The app has aborted the operation. */
  abort(reason: unknown): void {
    this.#signal.aborted = true;
    this.#signal.reason = reason;
    this.#model?.abort(reason);
  }

  /** The operation was aborted with this error, perhaps before the model call was retried. */
  abortRetry(error: unknown): void {
    if (this.#hasModelFailed) this.#model?.abortRetry(error);
  }

  get hasOpenTools(): boolean {
    return this.#tools.size > 0;
  }

  /** A step of the run begins. @param settings replace parameters of the model calls that follow */
  startStep(settings: JsonObject): void {
    this.#settings = { ...this.#settings, ...settings };
    // A model call of this step is no retry of one before.
    this.#hasModelFailed = false;
  }

  /** Starts a model call within the step of the operation. */
  startModel(event: JsonObject): void {
    if (this.recorded === undefined) return;
    const { provider, modelId } = event;
    const params = { ...this.#settings, ...event };
    const request = { kind: chat, provider, modelId, params };
    const { recorded: operation, signal } = this;
    this.#model = AiSdkModelCall.start(this.options, request, { operation, signal });
    this.#hasModelFailed = false;
  }

  /** Starts the call of a `single` operation. @returns undefined if nothing is recorded */
  startSingle(request: AiSdkModelRequest, onTraceEnd: () => void): AiSdkModelCall | undefined {
    const { signal } = this;
    this.#model = AiSdkModelCall.start(this.options, request, { signal, onTraceEnd });
    return this.#model;
  }

  /** The next request is a retry of the model call. */
  markModelFailed(): void {
    this.#hasModelFailed = true;
  }

  /** Starts a retry if the model call failed. @returns false if it did not fail, or its trace has ended */
  retryModel(): boolean {
    const isRetried = this.#hasModelFailed && this.#model?.retry() === true;
    this.#hasModelFailed = false;
    return isRetried;
  }

  startEmbedding(event: JsonObject): void {
    const { provider, modelId, values, embedCallId } = event;
    if (this.#retryEmbedding(embedCallId, values)) return;
    const params = { ...this.#settings, ...event };
    const description = this.#description;
    const request = { kind: embedding, provider, modelId, params, description };
    const { signal } = this;
    const call = AiSdkModelCall.start(this.options, request, { signal });
    if (call === undefined) return;
    this.#openEmbeddings.set(embedCallId, { call, values });
    call.announceRequest(values);
  }

  /**
   * Continues an open embedding: the SDK gives each attempt an id of its own, and does not report the end of one that failed.
   * @returns false if the embedding is none that is open
   */
  #retryEmbedding(id: unknown, values: unknown): boolean {
    for (const [openId, open] of this.#openEmbeddings) {
      if (this.kind === 'embedMany' && open.values !== values) continue;
      this.#openEmbeddings.delete(openId);
      if (!open.call.retryUnreported()) return false;
      this.#openEmbeddings.set(id, open);
      open.call.announceRequest(values);
      return true;
    }
    return false;
  }

  endEmbedding(event: JsonObject): void {
    const call = this.#openEmbeddings.get(event.embedCallId)?.call;
    if (call === undefined) return;
    this.#openEmbeddings.delete(event.embedCallId);
    this.#endedEmbeddings.push(call);
    // The end of the operation, which follows at once, has more facts.
    if (this.kind === 'embed') this.#embedding = event;
    else call.endWith(event);
  }

  /** Adds the facts that the end of the operation has about its embeddings. */
  endEmbeddings({ response, providerMetadata, warnings }: JsonObject): void {
    const embeddings = this.#endedEmbeddings;
    // Attempts that failed, of calls whose values are hidden: nothing says which attempt followed.
    for (const { call } of this.#openEmbeddings.values()) call.fail(unknownError('AttemptFailed'));
    this.#openEmbeddings.clear();
    if (this.kind === 'embed') {
      embeddings[0]?.endWith({ ...this.#embedding, response, providerMetadata, warnings });
      return;
    }
    const responses = Array.isArray(response) ? response : [response];
    for (const [i, call] of embeddings.entries()) {
      // Facts of all calls are recorded with the last one.
      const isLast = i === embeddings.length - 1;
      const ofCall = responses.length === embeddings.length ? responses[i] : undefined;
      call.updateHead({ response: ofCall, ...(isLast && { providerMetadata, warnings }) });
    }
  }

  /** Fails the model calls that have not ended. */
  failOpenModels(error: unknown): void {
    const embeddings = [...this.#openEmbeddings.values()].map(({ call }) => call);
    for (const call of [...embeddings, ...this.#endedEmbeddings, this.#model]) {
      if (call?.isOpen) call.fail(error);
    }
    this.#openEmbeddings.clear();
  }

  /** The open tool with this id; undefined if there is none. */
  toolOf(id: unknown): RecordedCall | undefined {
    return this.#tools.get(id);
  }

  startTool(id: unknown, tool: RecordedCall): void {
    this.#tools.set(id, tool);
    // Tools run even if nobody reads the stream.
    if (this.recorded !== undefined) this.recorded.startBackgroundWork();
  }

  endTool(id: unknown): void {
    this.#tools.delete(id);
    if (this.recorded === undefined || this.kind !== 'stream') return;
    if (this.#tools.size === 0) this.recorded.stopBackgroundWork();
  }
}

// One copy or build of this package may record the telemetry, and another one trace the tools.
recognizeAcrossCopies(Operation, 'integrations.ai-sdk-operation.v1');
