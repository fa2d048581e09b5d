import {
  announceRequest,
  type BodyObserver,
  type RecordedCall,
  type StepOptions,
  type StepUpdate,
  startCall,
  tapStream,
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
  isAbort,
  isTimeout,
  statedError,
  thrownError,
  thrownText,
  unknownError,
} from '../common/failures/call-error.js';
import {
  arrayOrEmpty,
  definedFields,
  type Json,
  knownFirst,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { withPricedTier } from '../common/service-tier.js';
import type { ModelKind } from './kinds.js';
import { SdkResponse } from './model-response.js';
import { aiModel, aiProvider, requestedTier } from './sdk-fields.js';

/** A request to a model of the AI SDK. */
export interface SdkModelRequest {
  readonly kind: ModelKind;
  /** The SDK's name of the provider: `openai.chat`. */
  readonly provider: unknown;
  readonly modelId: unknown;
  /** The options of the model's method, or of the SDK's operation. */
  readonly params: Json;
  /** The app's description of the call, if no parent step shows it. */
  readonly description?: CallDescription | undefined;
}

/** The fields by which an app describes a call to the SDK's telemetry. */
export interface CallDescription {
  readonly functionId: string | undefined;
  /** The app's own context, as far as it lets the SDK pass it on. */
  readonly runtimeContext: unknown;
}

/** One call of a model of the AI SDK as a step, for any version of the SDK and any kind of model. */
export class AiModelCall {
  readonly #options: CallOptions;
  readonly #recorded: RecordedCall;
  readonly #operation: RecordedCall | undefined;
  readonly #request: SdkModelRequest;
  #response = new SdkResponse();
  #firstTokenMs: number | undefined;
  readonly #failures: string[] = [];
  /** What the last attempt threw. */
  #thrown: unknown;
  /** The app's signal, as far as the SDK reports it. */
  #reportedSignal: { readonly aborted: boolean; readonly reason: unknown } | undefined;

  /**
   * Starts the step.
   * @param operation the operation that the call belongs to; it waits for the provider while the call does
   * @param onTraceEnd called if the trace ends before the call
   * @returns undefined if nothing is recorded
   */
  static start(
    options: CallOptions,
    request: SdkModelRequest,
    { operation, onTraceEnd }: { operation?: RecordedCall; onTraceEnd?: () => void } = {},
  ): AiModelCall | undefined {
    let call: AiModelCall | undefined;
    const { kind, params } = request;
    const parameters = kind.parameters(params);
    const provider = options.provider ?? aiProvider(request.provider, request.modelId);
    const model = aiModel(request.modelId);
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
          onTraceEnd?.();
          return call?.endForTrace();
        },
        amount: () => call?.amount ?? 0,
      },
      operation?.step,
    );
    if (recorded === undefined) return undefined;
    call = new AiModelCall(options, request, recorded as RecordedCall, operation);
    return call;
  }

  private constructor(
    options: CallOptions,
    request: SdkModelRequest,
    recorded: RecordedCall,
    operation: RecordedCall | undefined,
  ) {
    this.#options = options;
    this.#request = request;
    this.#recorded = recorded;
    this.#operation = operation;
    this.#startWaiting();
  }

  get amount(): number {
    return this.#response.amount;
  }

  get isOpen(): boolean {
    return this.#recorded.isOpen;
  }

  /**
   * Starts a retry after a failure.
   * @returns false if the trace has ended
   */
  retry(): boolean {
    this.#recorded.retry();
    if (!this.#recorded.isOpen) return false;
    this.#startWaiting();
    this.#response = new SdkResponse();
    this.#firstTokenMs = undefined;
    this.#thrown = undefined;
    return true;
  }

  /** Starts a retry after a failure that the SDK does not report. @returns false if the trace has ended */
  retryUnreported(): boolean {
    this.#stopWaiting();
    this.#failures.push(thrownText(unknownError('AttemptFailed')));
    return this.retry();
  }

  /** Announces the request, because the client of the provider may be traced as well. */
  announceRequest(prompt: unknown): void {
    announceRequest(this.#recorded, {
      model: stringOrUndefined(this.#request.modelId),
      lastText: lastText(prompt),
    });
  }

  /** The text that has been received; undefined if there is none. */
  get text(): string | undefined {
    const { text: answer } = this.#response.message;
    return answer.chars > 0 ? answer.toString() : undefined;
  }

  /** Ends the call, if it is open, with what is known of it. */
  endUnfinished(): void {
    if (this.#recorded.isOpen) this.#recorded.end(this.#recordResponse('unfinished'));
  }

  /** The trace ends before the call: records what has been received. @returns the update of the step */
  endForTrace(): StepUpdate {
    return this.#recordResponse('unfinished');
  }

  fail(thrown: unknown): void {
    const error = thrownError(this.#options, thrown);
    this.#stopWaiting();
    this.#failures.push(thrownText(error));
    this.#thrown = thrown;
    // The telemetry of the SDK has no signal.
    if (isAbort(thrown, this.#request.params.abortSignal ?? this.#reportedSignal)) {
      this.#recorded.end(this.#recordResponse('left'));
    } else this.#recorded.fail(error, this.#recordResponse('failed'));
  }

  /** The app has aborted the operation. The call may have failed with the reason before the SDK reports it. */
  abort(reason: unknown): void {
    this.#reportedSignal = { aborted: true, reason };
    const isFailed = !this.#recorded.isOpen && this.#thrown !== undefined;
    if (!isFailed || this.#thrown !== reason || !this.#recorded.mayRetry) return;
    this.#recorded.retry();
    this.#recorded.end(this.#recordResponse('left'));
  }

  /** Ends the call with a complete response. */
  endWith(response: unknown): void {
    this.#response.readWhole(objectOrEmpty(response));
    this.#stopWaiting();
    this.#end('complete');
  }

  /** Adds facts of the response that are reported after its end, unless its trace has ended with it. */
  updateHead(head: Json): void {
    if (!this.#recorded.mayRetry) return;
    this.#response.readHead(head);
    this.#recorded.update(this.#recordResponse('complete'));
  }

  /**
   * Observes the stream of a response, and ends the call with it.
   * @param head the other fields of the response
   * @returns a stream of the same parts
   */
  observeStream<Part>(parts: ReadableStream<Part>, head: Json): ReadableStream<Part> {
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
        if (isTimeout(reason)) failure ??= reason;
        end('left');
      },
    };
    // `tapStream` passes on chunks of any type.
    const tapped = tapStream(parts as unknown as ReadableStream<Uint8Array>, observer, parts);
    return tapped as unknown as ReadableStream<Part>;
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
        failedAttempts:
          this.#failures.length > 0 && ending === 'complete' ? [...this.#failures] : undefined,
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
