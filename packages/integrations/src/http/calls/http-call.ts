import {
  type BodyObserver,
  type RecordedCall,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import type { Ending } from '../../common/calls/ending.js';
import { roundedMs } from '../../common/calls/rounded-ms.js';
import { recordedContent } from '../../common/content/recorded-content.js';
import {
  type CallError,
  connectionError,
  cutError,
  emptyResponseError,
  statedError,
  statusError,
  streamError,
  timeoutError,
} from '../../common/failures/call-error.js';
import { failureDetails } from '../../common/failures/error-in-body.js';
import { type AnswerEnd, failureOfEnd } from '../../common/failures/failed-end.js';
import { arrayOrEmpty } from '../../common/json.js';
import type {
  ModelRequest,
  ModelResponse,
  ReportedStep,
  ResponseReader,
  Shape,
} from '../../shapes/reading/shape.js';
import type { BodyReader } from '../body/body-reader.js';
import { bodyReader, isStreamType } from '../body/response-body.js';
import type { ClientProfile } from '../exchange/client-profile.js';
import { contentTypeIn, headerOf, requestIdIn } from '../exchange/headers.js';
import { AttemptLog } from './attempt-log.js';
import {
  type Interruption,
  interruptionBy,
  interruptionOf,
  type RequestProgress,
  type RequestSignals,
} from './interruption.js';
import { isRecordedResult, markResultRecorded } from './recorded-results.js';
import { billedParts, billingOf, responseUpdate } from './response-update.js';
import { isRetryable, longestWaitMs } from './retry-policy.js';
import { providerIn, reportedStep, stepOptions } from './step-options.js';

/** The part of a response that is known before its body is read. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: unknown;
  /** Whether the response has a body that cannot be observed, as a mock's may be. */
  readonly isUnobservable?: boolean;
}

/** The response to one attempt. */
interface AttemptResponse extends ResponseHead {
  /** The longest wait of the client's backoff before a retry; undefined if it does not retry. */
  readonly maxBackoffMs: number | undefined;
  readonly signals: RequestSignals;
}

/** `unread`: the trace ended before the app read anything. */
type HttpEnding = Ending | 'unread';

/** The header in which LiteLLM states the cost, in US dollars. */
const COST_HEADER = 'x-litellm-response-cost';
const MAX_ERROR_CHARS = 8192;

/** The state of one attempt of a call. */
class AttemptState {
  /** Whether a response was received that is no failure: the client does not retry it. */
  hasSucceeded = false;
  /** Whether the attempt has failed and the client may retry it. */
  isRetryExpected = false;
  /** Whether the app or a timeout has ended the call: what the client still sends of it is aborted already. */
  isInterrupted = false;
  /** The status of the response, if it is one of a failure. */
  failedStatus: number | undefined = undefined;
  /** Whether the body of the response was read or cancelled. */
  isBodyOver = false;
  /** Ends the call before the body of the response ends; undefined while there is no response. */
  endEarly: ((error?: unknown) => void) | undefined = undefined;
}

/** Records one call of a model over HTTP as one step: its attempts, its response, and how it ended. */
export class HttpCall {
  readonly #profile: ClientProfile;
  readonly #request: ModelRequest;
  readonly #shape: Shape;
  readonly #recorded: RecordedCall;
  readonly #attempts = new AttemptLog();
  #reader: ResponseReader;
  #firstTokenMs: number | undefined;
  #requestId: string | undefined;
  #isStream = false;
  #isUnobservable = false;
  #lastAttempt = new AttemptState();
  /** The number of steps that were added below this one. */
  #addedSteps = 0;

  /** Starts the step. @returns undefined if nothing is recorded */
  static start(profile: ClientProfile, shape: Shape, request: ModelRequest): HttpCall | undefined {
    let call: HttpCall | undefined;
    const recorded = startCall(stepOptions(profile, shape, request), {
      soFar: () => call?.soFar(),
      amount: () => call?.amount ?? 0,
    });
    if (recorded === undefined) return undefined;
    call = new HttpCall(profile, shape, request, recorded);
    return call;
  }

  private constructor(
    profile: ClientProfile,
    shape: Shape,
    request: ModelRequest,
    recorded: RecordedCall,
  ) {
    this.#profile = profile;
    this.#shape = shape;
    this.#request = request;
    this.#recorded = recorded;
    this.#reader = shape.reader(request);
  }

  get amount(): number {
    return this.#reader.amount;
  }

  /** The number of attempts so far. */
  get attempts(): number {
    return this.#attempts.count;
  }

  /** Whether the trace of the call is open: if not, a retry is not recorded. */
  get isTraceOpen(): boolean {
    return this.#recorded.isTraceOpen;
  }

  /** Whether the last attempt has failed and the client may retry it. */
  get isRetryExpected(): boolean {
    return this.#lastAttempt.isRetryExpected;
  }

  /** Whether the call was interrupted: its client sends further requests with a signal that is aborted, if at all. */
  get isInterrupted(): boolean {
    return this.#lastAttempt.isInterrupted;
  }

  /**
   * Whether a further request of the client's method is a retry of this call. A client's middleware may send others: to another
   * model after a refusal, or for a token.
   */
  isRetriedBy({ url, params }: ModelRequest): boolean {
    const { url: ownUrl, params: ownParams } = this.#request;
    if (this.#lastAttempt.hasSucceeded || url.pathname !== ownUrl.pathname) return false;
    return params.model === ownParams.model;
  }

  /** The client sends the request, for the first time or as a retry. */
  startAttempt(): void {
    this.#lastAttempt = new AttemptState();
    if (this.#attempts.count > 0) {
      this.#recorded.retry();
      this.#reader = this.#shape.reader(this.#request);
      this.#firstTokenMs = undefined;
    }
    this.#attempts.start(this.#recorded.elapsedMs);
    this.#recorded.startWaiting();
  }

  /** The attempt ended without a response. */
  failAttempt(
    error: unknown,
    { maxBackoffMs, signals }: Pick<AttemptResponse, 'maxBackoffMs' | 'signals'>,
  ): void {
    this.#recorded.stopWaiting();
    const interruption = this.#interruptionOf(error, signals, 'before the response');
    if (interruption?.kind === 'abort') {
      this.#interrupt(interruption);
      return;
    }
    const failure =
      interruption === undefined
        ? connectionError(this.#profile.options, error)
        : this.#timeoutError(interruption);
    this.#attempts.end(this.#recorded.elapsedMs, failure.message);
    this.#lastAttempt.isInterrupted = interruption?.isFinal === true;
    const isFinal = maxBackoffMs === undefined || this.#lastAttempt.isInterrupted;
    const wait = isFinal ? undefined : longestWaitMs(undefined, maxBackoffMs);
    this.#lastAttempt.isRetryExpected = wait !== undefined;
    this.#recorded.failAttempt(failure, wait, this.#recordResponse('failed'));
  }

  /** Takes the head of the response. @returns the observer of the response's body */
  observeBody({
    status,
    headers,
    isUnobservable = false,
    maxBackoffMs,
    signals,
  }: AttemptResponse): BodyObserver {
    this.#recorded.stopWaiting();
    this.#attempts.setStatus(status);
    this.#requestId = requestIdIn(headers);
    this.#isUnobservable = isUnobservable;
    if (status >= 400) {
      const isRetried = maxBackoffMs !== undefined && isRetryable(status, headers);
      const wait = isRetried ? longestWaitMs(headers, maxBackoffMs) : undefined;
      this.#lastAttempt.isRetryExpected = wait !== undefined;
      this.#lastAttempt.failedStatus = status;
      return this.#observeError(wait, headerOf(headers, 'x-amzn-errortype'), signals);
    }
    this.#lastAttempt.hasSucceeded = true;
    const statedCost = Number.parseFloat(headerOf(headers, COST_HEADER) ?? '');
    if (statedCost > 0) this.#recorded.addBilling({ statedCost });
    const contentType = contentTypeIn(headers);
    this.#isStream = isStreamType(contentType);
    this.#reader.readHeaders?.((name) => headerOf(headers, name));
    return this.#observe(bodyReader(contentType, this.#reader), signals);
  }

  /**
   * A signal was aborted while the client waits before its next attempt.
   * @param isRetryCertain whether the client retries every attempt that it may retry. If not, it has done with an attempt whose
   *   response it has read.
   */
  abortRetry(signal: unknown, isRetryCertain: boolean): void {
    const interruption = interruptionBy(signal);
    if (interruption === undefined || !this.#lastAttempt.isRetryExpected) return;
    if (isRetryCertain || !this.#lastAttempt.isBodyOver) this.#interrupt(interruption);
  }

  /** The client has thrown: it does not retry, and reads no more of a response, whose body it may not have cancelled. */
  endAttempts(): void {
    this.#lastAttempt.isRetryExpected = false;
    this.#recorded.end();
  }

  /** The client has given up: it does not retry the attempt that failed. */
  stopRetrying(): void {
    if (this.#lastAttempt.isRetryExpected && this.#recorded.isOpen) this.#recorded.end();
    this.#lastAttempt.isRetryExpected = false;
  }

  /**
   * The client reads no more of the response, and does not cancel its body.
   * @param error by which the client stopped; undefined if the app stopped
   */
  leave(error?: unknown): void {
    this.#lastAttempt.endEarly?.(error);
  }

  /** The trace ends before the call: records what has been received. @returns the update of the step */
  soFar(): StepUpdate {
    return this.#recordResponse(
      this.#recorded.isRead || this.#recorded.isWaiting ? 'unfinished' : 'unread',
    );
  }

  /** How the attempt was interrupted that ended with this error; undefined if it failed. */
  #interruptionOf(
    error: unknown,
    signals: RequestSignals,
    place: RequestProgress['place'],
  ): Interruption | undefined {
    const elapsedMs = this.#attempts.lastElapsedMs(this.#recorded.elapsedMs);
    return interruptionOf(error, signals, { place, elapsedMs });
  }

  #timeoutError({ reason }: Interruption): CallError {
    const { options, ownTimeout } = this.#profile;
    return timeoutError(options, reason, reason === undefined ? ownTimeout?.error : undefined);
  }

  /** Ends the call, also if its last attempt has ended it by a failure. */
  #interrupt(interruption: Interruption): void {
    const recorded = this.#recorded;
    if (this.#lastAttempt.isRetryExpected && recorded.isTraceOpen) recorded.retry();
    this.#lastAttempt.isRetryExpected = false;
    this.#lastAttempt.isInterrupted = true;
    this.#lastAttempt.failedStatus = undefined;
    recorded.stopWaiting();
    if (!recorded.isOpen) return;
    this.#attempts.end(recorded.elapsedMs);
    if (interruption.kind === 'abort') recorded.end(this.#recordResponse('left'));
    else recorded.fail(this.#timeoutError(interruption), this.#recordResponse('failed'));
  }

  #observe(body: BodyReader, signals: RequestSignals): BodyObserver {
    const recorded = this.#recorded;
    const end = (ending: HttpEnding, error?: CallError) => {
      if (recorded.isOpen) this.#end(body, ending, error);
      // The app read on after the trace was published: report that the end is missing there.
      else if (recorded.isRead) recorded.end();
    };
    const endBy = (interruption: Interruption | undefined): boolean => {
      if (interruption === undefined) return false;
      if (interruption.kind === 'abort') end('left');
      else end('failed', this.#timeoutError(interruption));
      return true;
    };
    const fail = (error: unknown) => {
      const place = this.#isStream ? 'stream' : 'body';
      if (endBy(this.#interruptionOf(error, signals, place))) return;
      end('failed', connectionError(this.#profile.options, error));
    };
    this.#lastAttempt.endEarly = (error) => (error === undefined ? end('left') : fail(error));
    return {
      pulled: () => {
        recorded.markRead();
        recorded.startWaiting();
      },
      chunk: (bytes) => {
        recorded.markRead();
        recorded.stopWaiting();
        if (body.chunk(bytes)) this.#firstTokenMs ??= recorded.elapsedMs;
        if (this.#reader.isOver === true || body.isOver === true) end('complete');
      },
      // Without a signal of the request, as of AWS, its body ends or is cancelled when the app's signal is aborted.
      ended: () => {
        const isWhole = signals.request !== undefined || this.#reader.isComplete;
        if (isWhole || !endBy(interruptionBy(signals.app))) end('complete');
      },
      failed: fail,
      cancelled: () => {
        if (!endBy(interruptionBy(signals.app))) end('left');
      },
    };
  }

  #end(body: BodyReader, ending: HttpEnding, error: CallError | undefined): void {
    const recorded = this.#recorded;
    const { options } = this.#profile;
    recorded.stopWaiting();
    if (ending !== 'left') body.end();
    this.#attempts.end(recorded.elapsedMs);
    const isCut = body.isCut === true;
    const hasAll = ending === 'left' && this.#reader.isCompleteExceptEndMarker === true;
    const isComplete = (this.#reader.isComplete || hasAll) && !isCut;
    const response = this.#reader.response();
    const failure =
      this.#reader.failure ?? body.failure ?? failureOfEnd(endOf(response, isComplete));
    const mayBeEmpty = ending !== 'complete' || this.#isUnobservable;
    if (isComplete) markResultRecorded(this.#reader.resultId);
    if (failure !== undefined) {
      const stated = (this.#isStream ? streamError : statedError)(options, failure);
      // A response that is complete and states a failure is not partial.
      recorded.fail(stated, this.#recordResponse(isComplete ? 'complete' : 'failed', failure));
    } else if (error !== undefined) {
      recorded.fail(error, this.#recordResponse(ending));
    } else if (isCut) {
      recorded.fail(cutError(), this.#recordResponse('failed'));
    } else if (!mayBeEmpty && !hasOutcome(response, body.value, this.#reader)) {
      recorded.fail(emptyResponseError(options, body.value), this.#recordResponse('complete'));
    } else if (isComplete) {
      recorded.end(this.#recordResponse('complete'));
    } else {
      const isUnfinished = ending === 'complete' && this.#reader.hasEndMarker === true;
      recorded.end(this.#recordResponse(isUnfinished ? 'unfinished' : ending));
    }
  }

  #observeError(
    retryWithinMs: number | undefined,
    type: string | undefined,
    signals: RequestSignals,
  ): BodyObserver {
    const decoder = new TextDecoder();
    const status = this.#lastAttempt.failedStatus ?? 0;
    let text = '';
    this.#recorded.update({ error: statusError(this.#profile.options, status, '') });
    const end = () => {
      this.#lastAttempt.isBodyOver = true;
      const error = statusError(this.#profile.options, status, text, type);
      this.#attempts.end(this.#recorded.elapsedMs, error.message);
      this.#recorded.failAttempt(error, retryWithinMs, this.#recordResponse('failed'));
    };
    return {
      chunk: (bytes) => {
        if (text.length < MAX_ERROR_CHARS) text += decoder.decode(bytes, { stream: true });
      },
      ended: end,
      failed: (error) => {
        const interruption = this.#interruptionOf(error, signals, 'body');
        if (interruption === undefined) end();
        else this.#interrupt(interruption);
      },
      cancelled: end,
    };
  }

  #addReportedSteps(steps: readonly ReportedStep[] = []): void {
    const { options } = this.#profile;
    for (const step of steps.slice(this.#addedSteps)) {
      this.#recorded.step.addStep(reportedStep(options, step));
    }
    this.#addedSteps = Math.max(this.#addedSteps, steps.length);
  }

  /** Records the billing and the work that the response states. @returns the update of the step */
  #recordResponse(ending: HttpEnding, failure = this.#reader.failure): StepUpdate {
    const { options } = this.#profile;
    const { url } = this.#request;
    const response = withTotal(this.#reader.response(), this.#shape);
    const isPartial = ending !== 'complete' && this.#reader.amount > 0;
    this.#recorded.addBilling(billingOf(response, url), billedParts(response, url));
    const { acceptedId } = this.#reader;
    if (acceptedId !== undefined) this.#recorded.expectResult(() => isRecordedResult(acceptedId));
    // The name of a deployment on Azure is its owner's choice: only the response names the model.
    const isUnnamed = ending === 'complete' && response.model === undefined;
    if (isUnnamed && providerIn(this.#profile, url) === 'azure') {
      this.#recorded.addBilling({ isDeployment: true });
    }
    this.#addReportedSteps(response.reportedSteps);
    // Between two attempts, the failure of the first one is not that of the call.
    const hasSeveral =
      this.#attempts.count > 1 ||
      (this.#lastAttempt.isInterrupted && this.#attempts.hasFailedResponse);
    return responseUpdate(options, response, {
      timeToFirstToken: this.#isStream ? roundedMs(this.#firstTokenMs) : undefined,
      requestId: this.#requestId,
      partial: isPartial ? true : undefined,
      ended: ending === 'complete' || ending === 'failed' ? undefined : ending,
      status: this.#lastAttempt.failedStatus,
      attempts: hasSeveral ? this.#attempts.entries : undefined,
      errorDetails: recordedContent(options, 'output', failureDetails(failure)),
    });
  }
}

const HTML_PAGE = /^\s*<(!doctype|html|head|body)\b/i;

/**
 * Whether a response that ended has an output, or states why it has none. A body of plain text counts only for readers that
 * accept text.
 * @param body the body, if it is no stream
 */
function hasOutcome(
  response: ModelResponse,
  body: unknown,
  { acceptsText }: ResponseReader,
): boolean {
  if (typeof body === 'string' && (acceptsText !== true || HTML_PAGE.test(body))) return false;
  const { output, metadata, fields = {}, reportedSteps = [] } = response;
  return (
    (output !== undefined && output !== null) ||
    metadata?.finishReason !== undefined ||
    Object.values(fields).some((field) => field !== undefined) ||
    reportedSteps.length > 0
  );
}

/** The response with the total of its tokens. An embedding has no output, so that the total is the input. */
function withTotal(response: ModelResponse, { type }: Pick<Shape, 'type'>): ModelResponse {
  const { tokens } = response;
  const { input, output, total } = tokens ?? {};
  if (type !== 'embedding' || input === undefined) return response;
  if (output !== undefined || total !== undefined) return response;
  return { ...response, tokens: { ...tokens, total: input } };
}

function endOf({ output, metadata = {} }: ModelResponse, isComplete: boolean): AnswerEnd {
  const { finishReason, finishReasons } = metadata;
  return { reasons: [finishReason, ...arrayOrEmpty(finishReasons)], output, isComplete };
}
