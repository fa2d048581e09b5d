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
  connectionError,
  cutError,
  emptyResponseError,
  failureDetails,
  isAbort,
  statedError,
  statusError,
  streamError,
} from '../../common/failures/call-error.js';
import { type AnswerEnd, failureOfEnd } from '../../common/failures/failed-end.js';
import { arrayOrEmpty } from '../../common/json.js';
import type {
  ModelRequest,
  ModelResponse,
  ReportedStep,
  ResponseReader,
  Shape,
} from '../../shapes/shape.js';
import type { BodyReader } from '../body/body-reader.js';
import { bodyReader, isStreamType } from '../body/response-body.js';
import type { ClientProfile } from '../client-profile.js';
import { contentTypeIn, headerOf, requestIdIn } from '../headers.js';
import { AttemptLog } from './attempt-log.js';
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
  /** Whether the client may retry if the response states a failure. */
  readonly mayRetry: boolean;
  /** By which the app may abort the request, if it is known. */
  readonly signal?: unknown;
}

/** `unread`: the trace ended before the app read anything. */
type HttpEnding = Ending | 'unread';

/** The header in which LiteLLM states the cost, in US dollars. */
const COST_HEADER = 'x-litellm-response-cost';
const MAX_ERROR_CHARS = 8192;

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
  /** Ends the call before the body of its response ends; undefined while there is no response. */
  #leave: (() => void) | undefined;
  /** The number of steps that were added below this one. */
  #addedSteps = 0;

  /** Starts the step. @returns undefined if nothing is recorded */
  static start(profile: ClientProfile, shape: Shape, request: ModelRequest): HttpCall | undefined {
    let call: HttpCall | undefined;
    const recorded = startCall(stepOptions(profile, shape, request), {
      soFar: () => call?.endForTrace(),
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

  /** Whether a retry would be recorded: the trace has not been handed to the publisher. */
  get isRetryRecorded(): boolean {
    return this.#recorded.mayRetry;
  }

  /** The client sends the request, for the first time or as a retry. */
  startAttempt(): void {
    if (this.#attempts.count > 0) {
      this.#recorded.retry();
      this.#reader = this.#shape.reader(this.#request);
      this.#firstTokenMs = undefined;
    }
    this.#attempts.start(this.#recorded.elapsedMs);
    this.#recorded.startWaiting();
  }

  /** The attempt ended without a response. */
  failAttempt(error: unknown, { mayRetry }: Pick<AttemptResponse, 'mayRetry'>): void {
    this.#recorded.stopWaiting();
    const failure = connectionError(this.#profile.options, error);
    this.#attempts.end(this.#recorded.elapsedMs, failure.message);
    this.#recorded.failAttempt(
      failure,
      mayRetry ? longestWaitMs(undefined) : undefined,
      this.#recordResponse('failed'),
    );
  }

  /** Takes the head of the response. @returns the observer of the response's body */
  observeBody({
    status,
    headers,
    isUnobservable = false,
    mayRetry,
    signal,
  }: AttemptResponse): BodyObserver {
    this.#recorded.stopWaiting();
    this.#attempts.setStatus(status);
    this.#requestId = requestIdIn(headers);
    this.#isUnobservable = isUnobservable;
    if (status >= 400) {
      const wait = mayRetry && isRetryable(status, headers) ? longestWaitMs(headers) : undefined;
      return this.#observeError(status, wait, headerOf(headers, 'x-amzn-errortype'));
    }
    const statedCost = Number.parseFloat(headerOf(headers, COST_HEADER) ?? '');
    if (statedCost > 0) this.#recorded.addBilling({ statedCost });
    const contentType = contentTypeIn(headers);
    this.#isStream = isStreamType(contentType);
    this.#reader.readHeaders?.((name) => headerOf(headers, name));
    return this.#observe(bodyReader(contentType, this.#reader), signal);
  }

  /** The client does not retry any more. */
  endAttempts(): void {
    this.#recorded.end();
  }

  /** The client reads no more of the response, and does not cancel its body. */
  leave(): void {
    this.#leave?.();
  }

  /** The trace ends before the call: records what has been received. @returns the update of the step */
  endForTrace(): StepUpdate {
    return this.#recordResponse(
      this.#recorded.isRead || this.#recorded.isWaiting ? 'unfinished' : 'unread',
    );
  }

  #observe(body: BodyReader, signal: unknown): BodyObserver {
    const recorded = this.#recorded;
    const end = (ending: HttpEnding, error?: unknown) => {
      if (recorded.isOpen) this.#end(body, ending, error);
      // The app read on after the trace was published: report that the end is missing there.
      else if (recorded.isRead) recorded.end();
    };
    this.#leave = () => end('left');
    return {
      pulled: () => {
        recorded.markRead();
        recorded.startWaiting();
      },
      chunk: (bytes) => {
        recorded.markRead();
        recorded.stopWaiting();
        if (body.chunk(bytes)) this.#firstTokenMs ??= recorded.elapsedMs;
        if (this.#reader.isOver === true) end('complete');
      },
      ended: () => end('complete'),
      // An app that aborts a stream has received a part of it; one that aborts before the response has received nothing.
      failed: (error) => {
        if (this.#isStream && isAbort(error, signal)) end('left');
        else end('failed', error);
      },
      cancelled: this.#leave,
    };
  }

  #end(body: BodyReader, ending: HttpEnding, error: unknown): void {
    const recorded = this.#recorded;
    const { options } = this.#profile;
    recorded.stopWaiting();
    if (ending !== 'left') body.end();
    this.#attempts.end(recorded.elapsedMs);
    const isCut = body.isCut === true;
    const isComplete = this.#reader.isComplete && !isCut;
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
      recorded.fail(connectionError(options, error), this.#recordResponse(ending));
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
    status: number,
    retryWithinMs: number | undefined,
    type: string | undefined,
  ): BodyObserver {
    const decoder = new TextDecoder();
    let text = '';
    this.#recorded.update({ error: statusError(this.#profile.options, status, '') });
    const end = () => {
      const error = statusError(this.#profile.options, status, text, type);
      this.#attempts.end(this.#recorded.elapsedMs, error.message);
      this.#recorded.failAttempt(error, retryWithinMs, this.#recordResponse('failed'));
    };
    return {
      chunk: (bytes) => {
        if (text.length < MAX_ERROR_CHARS) text += decoder.decode(bytes, { stream: true });
      },
      ended: end,
      failed: end,
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
    return responseUpdate(options, response, {
      timeToFirstToken: this.#isStream ? roundedMs(this.#firstTokenMs) : undefined,
      requestId: this.#requestId,
      partial: isPartial ? true : undefined,
      ended: ending === 'complete' || ending === 'failed' ? undefined : ending,
      attempts: this.#attempts.count > 1 ? this.#attempts.entries : undefined,
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
