import {
  announceRequest,
  type BodyObserver,
  observedStream,
  type RecordedCall,
  type StepOptions,
  type StepUpdate,
  startCall,
  startTimer,
  stopTimer,
  unref,
} from '@openlayer-tracing/core/integration';
import type { Ending } from '../common/calls/ending.js';
import { lastText } from '../common/calls/last-text.js';
import { roundedMs } from '../common/calls/rounded-ms.js';
import {
  recordedContent,
  recordedDetails,
  recordedParameters,
} from '../common/content/recorded-content.js';
import {
  statedError,
  thrownError,
  timeoutError,
  unknownError,
} from '../common/failures/call-error.js';
import { isAbort, isTimeout, statusOf, thrownText } from '../common/failures/thrown.js';
import { listenForAbort } from '../common/hooks/listen-for-abort.js';
import {
  arrayOrEmpty,
  definedFields,
  type JsonObject,
  knownFirst,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { withPricedTier } from '../common/service-tier.js';
import { longestWaitMs } from '../http/calls/retry-policy.js';
import { aiSdkModel, aiSdkProvider } from '../shapes/ai-sdk-models.js';
import type { ModelKind } from './model-kinds.js';
import { AiSdkResponse } from './model-response.js';
import { requestedTier } from './parameters.js';

/** How long the SDK waits before its first retry. It waits twice as long before each further one. */
const FIRST_WAIT_MS = 2000;

/** A request to a model of the AI SDK. */
export interface AiSdkModelRequest {
  readonly kind: ModelKind;
  /** The SDK's name of the provider: `openai.chat`. */
  readonly provider: unknown;
  readonly modelId: unknown;
  /** The options of the model's method, or of the SDK's operation. */
  readonly params: JsonObject;
  /** The app's description of the call, if no parent step shows it. */
  readonly description?: CallDescription | undefined;
}

/** The fields by which an app describes a call to the SDK's telemetry. */
export interface CallDescription {
  readonly functionId: string | undefined;
  /** The app's own context, as far as it lets the SDK pass it on. */
  readonly runtimeContext: unknown;
}

/** The state of the app's abort signal, as far as the SDK's telemetry reports it. */
export interface ReportedSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
}

/** The surroundings of a call of a model. */
interface CallContext {
  /** The operation that the call belongs to; it waits for the provider while the call does. */
  readonly operation?: RecordedCall | undefined;
  /** The app's abort signal, if the parameters have none. */
  readonly signal?: ReportedSignal | undefined;
  /** Called if the trace ends before the call. */
  readonly onTraceEnd?: (() => void) | undefined;
}

/** The value of an entry of `metadata.failedAttempts`. */
interface FailedAttempt {
  readonly status?: number;
  readonly error: string;
  /** Undefined for an attempt whose end the SDK does not report. */
  readonly latencyMs?: number;
}

/** One call of a model of the AI SDK as a step, for any version of the SDK and any kind of model. */
export class AiSdkModelCall {
  readonly #options: CallOptions;
  readonly #recorded: RecordedCall;
  readonly #operation: RecordedCall | undefined;
  readonly #request: AiSdkModelRequest;
  #response = new AiSdkResponse();
  #firstTokenMs: number | undefined;
  readonly #failures: FailedAttempt[] = [];
  /** When the last attempt started, in milliseconds after the start of the call. */
  #attemptStartedMs = 0;
  /** Stops listening to the app's signal between two attempts. */
  #stopListening: (() => void) | undefined;
  /** What the last attempt threw. */
  #thrown: unknown;
  readonly #signal: unknown;

  /** Starts the step. @returns undefined if nothing is recorded */
  static start(
    options: CallOptions,
    request: AiSdkModelRequest,
    context: CallContext = {},
  ): AiSdkModelCall | undefined {
    let call: AiSdkModelCall | undefined;
    const { kind, params } = request;
    const parameters = kind.parameters(params);
    const provider = options.provider ?? aiSdkProvider(request.provider, request.modelId);
    const model = aiSdkModel(request.modelId);
    const recorded = startCall(
      {
        name: `AI SDK ${kind.operation}`,
        type: kind.type,
        inputs: recordedContent(options, 'inputs', kind.inputs(params)),
        ...(kind.type === 'retriever'
          ? {
              metadata: definedFields({
                provider,
                model,
                ...recordedParameters(options, kind.metadata?.(params) ?? {}),
              }),
            }
          : { provider, model }),
        ...(Object.keys(parameters).length > 0 &&
          kind.type !== 'retriever' && {
            modelParameters: recordedParameters(options, parameters),
          }),
      } as StepOptions,
      {
        soFar: () => {
          context.onTraceEnd?.();
          return call?.soFar();
        },
        amount: () => call?.amount ?? 0,
      },
      context.operation?.step,
    );
    if (recorded === undefined) return undefined;
    call = new AiSdkModelCall(options, request, recorded as RecordedCall, context);
    return call;
  }

  private constructor(
    options: CallOptions,
    request: AiSdkModelRequest,
    recorded: RecordedCall,
    { operation, signal }: CallContext,
  ) {
    this.#options = options;
    this.#request = request;
    this.#recorded = recorded;
    this.#operation = operation;
    this.#signal = request.params.abortSignal ?? signal;
    this.#startWaiting();
  }

  get amount(): number {
    return this.#response.amount;
  }

  get isOpen(): boolean {
    return this.#recorded.isOpen;
  }

  /** Whether the trace of the call is open: if not, a retry is not recorded. */
  get isTraceOpen(): boolean {
    return this.#recorded.isTraceOpen;
  }

  /**
   * Starts a retry after a failure.
   * @returns false if the trace has ended
   */
  retry(): boolean {
    this.#stopListening?.();
    this.#recorded.retry();
    if (!this.#recorded.isOpen) return false;
    this.#attemptStartedMs = this.#recorded.elapsedMs;
    this.#startWaiting();
    this.#response = new AiSdkResponse();
    this.#firstTokenMs = undefined;
    this.#thrown = undefined;
    return true;
  }

  /** Starts a retry after a failure that the SDK does not report. @returns false if the trace has ended */
  retryUnreported(): boolean {
    this.#stopWaiting();
    this.#failures.push({ error: thrownText(unknownError('AttemptFailed')) });
    return this.retry();
  }

  /** Announces the request, because the client of the provider may be traced as well. */
  announceRequest(prompt: unknown): void {
    announceRequest(this.#recorded, {
      model: stringOrUndefined(this.#request.modelId),
      lastText: lastText(prompt),
    });
  }

  /** What the call failed with; undefined if it has not failed, or a retry has begun. */
  get failure(): unknown {
    return this.#thrown;
  }

  /** The text that has been received; undefined if there is none. */
  get text(): string | undefined {
    const { text: answer } = this.#response.message;
    return answer.textOrUndefined;
  }

  /** Ends the call, if it is open, with the part of the response that was received. */
  endUnfinished(): void {
    if (this.#recorded.isOpen) this.#recorded.end(this.#recordResponse('unfinished'));
  }

  /** The trace ends before the call: records what has been received. @returns the update of the step */
  soFar(): StepUpdate {
    return this.#recordResponse('unfinished');
  }

  /** @param isAttempt whether the SDK may retry the call: a call that is a trace of its own waits for that */
  fail(thrown: unknown, { isAttempt = false }: { readonly isAttempt?: boolean } = {}): void {
    this.#stopWaiting();
    if (isAbort(thrown, this.#signal)) {
      this.#recorded.end(this.#recordResponse('left'));
      return;
    }
    this.#thrown = thrown;
    const error = thrownError(this.#options, thrown);
    const status = statusOf(thrown);
    this.#failures.push({
      ...(status !== undefined && { status }),
      error: thrownText(error),
      latencyMs: Math.round(this.#recorded.elapsedMs - this.#attemptStartedMs),
    });
    const withinMs = retryWithinMs(thrown, this.#failures.length);
    const update = this.#recordResponse('failed');
    this.#recorded.failAttempt(error, isAttempt ? withinMs : undefined, update);
    if (isAttempt && withinMs !== undefined) this.#endOnAbort(withinMs);
  }

  /** Ends the call if the app aborts it before the next attempt. @param withinMs longest wait before it */
  #endOnAbort(withinMs: number): void {
    const stopListening = listenForAbort(this.#signal, (reason) => this.abortRetry(reason));
    if (stopListening === undefined) return;
    const timer = unref(startTimer(() => this.#stopListening?.(), withinMs));
    this.#stopListening = () => {
      stopTimer(timer);
      stopListening();
    };
  }

  /** The app has aborted the operation. The call may have failed with the reason before the SDK reports it. */
  abort(reason: unknown): void {
    const isFailed = !this.#recorded.isOpen && this.#thrown !== undefined;
    if (isFailed && this.#thrown === reason) this.#endAgain(reason);
  }

  /** The call was aborted between two attempts. A call whose failure the SDK does not retry has failed. */
  abortRetry(reason: unknown): void {
    if (retryWithinMs(this.#thrown, this.#failures.length) !== undefined) this.#endAgain(reason);
  }

  /** Ends the call by an abort in place of the failure that has ended it. */
  #endAgain(reason: unknown): void {
    this.#stopListening?.();
    if (!this.#recorded.isTraceOpen) return;
    this.#recorded.retry();
    this.#thrown = undefined;
    if (isTimeout(reason)) {
      this.#recorded.fail(timeoutError(this.#options, reason), this.#recordResponse('failed'));
    } else this.#recorded.end(this.#recordResponse('left'));
  }

  /** Ends the call with a complete response. */
  endWith(response: unknown): void {
    this.#response.readWhole(objectOrEmpty(response));
    this.#stopWaiting();
    this.#end('complete');
  }

  /** Adds facts of the response that are reported after its end, unless its trace has ended with it. */
  updateHead(head: JsonObject): void {
    if (!this.#recorded.isTraceOpen) return;
    this.#response.readHead(head);
    this.#recorded.update(this.#recordResponse('complete'));
  }

  /**
   * Observes the stream of a response, and ends the call with it.
   * @param head the other fields of the response
   * @returns a stream of the same parts
   */
  observeStream<Part>(parts: ReadableStream<Part>, head: JsonObject): ReadableStream<Part> {
    this.#response.readHead(head);
    const recorded = this.#recorded;
    let failure: unknown;
    let isComplete = false;
    const end = (ending: Ending) => {
      this.#stopWaiting();
      if (failure !== undefined) this.fail(failure);
      else this.#end(isComplete ? 'complete' : ending);
    };
    const observer: BodyObserver = {
      pulled: () => {
        recorded.markRead();
        this.#startWaiting();
      },
      chunk: (value: unknown) => {
        this.#stopWaiting();
        const part = objectOrEmpty(value);
        if (part.type === 'error') failure = part.error;
        if (part.type === 'finish') isComplete = true;
        const before = this.amount;
        this.#response.readPart(part);
        if (this.amount > before) this.#firstTokenMs ??= recorded.elapsedMs;
      },
      ended: () => end('unfinished'),
      failed: (error) => {
        if (!isComplete) failure ??= error;
        end('failed');
      },
      cancelled: (reason) => {
        const { aborted, reason: ofSignal } = objectOrEmpty(this.#signal);
        const why = aborted === true ? ofSignal : reason;
        if (isTimeout(why)) failure ??= why;
        end('left');
      },
    };
    // `observedStream` passes on chunks of any type.
    const observed = observedStream(
      parts as unknown as ReadableStream<Uint8Array>,
      observer,
      parts,
    );
    return observed as unknown as ReadableStream<Part>;
  }

  /** Ends the call, as a failure if the response states one. */
  #end(ending: Ending): void {
    const { failure, isCut } = this.#response;
    const update = this.#recordResponse(isCut && ending === 'complete' ? 'unfinished' : ending);
    if (failure === undefined) this.#recorded.end(update);
    else this.#recorded.fail(statedError(this.#options, failure), update);
  }

  #startWaiting(): void {
    this.#recorded.startWaiting();
    this.#operation?.startWaiting();
  }

  #stopWaiting(): void {
    this.#recorded.stopWaiting();
    this.#operation?.stopWaiting();
  }

  /** Records the billing that the response states. @returns the update of the step */
  #recordResponse(ending: Ending): StepUpdate {
    const { message, facts, metadata, details, hasOutput } = this.#response;
    const { reasoning } = message;
    const { output = message.output, ...fields } = facts as StepUpdate & { model?: unknown };
    const { billing = () => ({}) } = this.#request.kind;
    const { functionId, runtimeContext } = this.#request.description ?? {};
    this.#recorded.addBilling(
      withPricedTier({
        serviceTier: requestedTier(this.#request.params),
        ...billing(this.#request.params),
        ...this.#response.billing,
      }),
    );
    return {
      ...fields,
      ...this.#documents(output),
      output: hasOutput ? recordedContent(this.#options, 'output', output) : undefined,
      metadata: definedFields({
        ...recordedDetails(this.#options, knownFirst(nonEmptyFields({ runtimeContext }), details)),
        ...metadata,
        functionId,
        ...(this.#request.kind.type === 'retriever' && { model: fields.model }),
        timeToFirstToken: roundedMs(this.#firstTokenMs),
        reasoning:
          reasoning.chars > 0
            ? recordedContent(this.#options, 'output', reasoning.toString())
            : undefined,
        partial: ending !== 'complete' && hasOutput ? true : undefined,
        ended: ending === 'left' || ending === 'unfinished' ? ending : undefined,
        status: ending === 'failed' ? statusOf(this.#thrown) : undefined,
        // A call that has failed for good shows its last failure as its error.
        failedAttempts:
          this.#failures.length > (this.#thrown === undefined ? 0 : 1)
            ? [...this.#failures]
            : undefined,
      }),
    } as StepUpdate;
  }

  /** The documents that a reranking chose, the best first. */
  #documents(ranking: unknown): StepUpdate {
    if (this.#request.kind.type !== 'retriever') return {};
    const documents = arrayOrEmpty(
      objectOrEmpty(this.#request.kind.inputs(this.#request.params)).documents,
    );
    const chosen = arrayOrEmpty(ranking).map((each) => {
      const { index, originalIndex } = objectOrEmpty(each);
      return documents[Number(index ?? originalIndex)];
    });
    const recorded = recordedContent(this.#options, 'output', chosen);
    return Array.isArray(recorded) ? ({ documents: recorded } as StepUpdate) : {};
  }
}

/**
 * The longest that the SDK waits before it retries, in milliseconds; undefined if it does not retry.
 * @param failures the number of attempts that have failed
 */
function retryWithinMs(thrown: unknown, failures: number): number | undefined {
  try {
    const { isRetryable, responseHeaders } = objectOrEmpty(thrown);
    if (isRetryable !== true) return undefined;
    return longestWaitMs(responseHeaders, FIRST_WAIT_MS * 2 ** (failures - 1));
  } catch {
    // The error of an app may throw when it is read.
    return undefined;
  }
}
