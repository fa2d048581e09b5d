/** One call of a model over HTTP as one step: its tries, its answer, and how it ended. */

import {
  type BodyObserver,
  type RecordedCall,
  type StepUpdate,
  startCall,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { connectionError, isAbort, statusError, streamError } from '../common/call-error.js';
import { recordedContent } from '../common/content.js';
import { without } from '../common/json.js';
import type { AnswerReader, ModelRequest, Shape } from '../shapes/shape.js';
import { type AnswerBody, answerBody, isStream } from './answer-body.js';
import type { Door } from './door.js';
import { headerOf } from './fetch.js';
import { isRetried, longestWaitMs } from './retries.js';
import { bareModel, stepOptions } from './step-options.js';
import { Tries } from './tries.js';

/** An answer's head, as far as it matters here. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: unknown;
}

/** How a call that has not said everything came to its end. */
type Ending = 'complete' | 'left' | 'failed' | 'unread' | 'unfinished';

const MAX_ERROR_CHARS = 8192;
/** By which providers know a request. */
const REQUEST_IDS = ['x-request-id', 'request-id', 'x-amzn-requestid'];

export class ModelCall {
  readonly #door: Door;
  readonly #request: ModelRequest;
  readonly #shape: Shape;
  readonly #recorded: RecordedCall;
  readonly #tries = new Tries();
  #reader: AnswerReader;
  #firstTokenMs: number | undefined;
  #requestId: string | undefined;
  #isStream = false;

  /** Undefined where the request is of no shape that the door knows, or nothing is recorded. */
  static begin(door: Door, request: ModelRequest): ModelCall | undefined {
    const shape = door.shapes.find((each) => each.matches(request));
    if (shape === undefined) return undefined;
    let call: ModelCall | undefined;
    const recorded = startCall(stepOptions(door, shape, request), {
      soFar: () => call?.soFar(),
      amount: () => call?.amount ?? 0,
    });
    if (recorded === undefined) return undefined;
    call = new ModelCall(door, shape, request, recorded);
    return call;
  }

  private constructor(door: Door, shape: Shape, request: ModelRequest, recorded: RecordedCall) {
    this.#door = door;
    this.#shape = shape;
    this.#request = request;
    this.#recorded = recorded;
    this.#reader = shape.reader(request);
  }

  get amount(): number {
    return this.#reader.amount;
  }

  /** The request goes out, for the first time or again. */
  tryBegins(): void {
    if (this.#tries.count > 0) {
      this.#recorded.tryAgain();
      this.#reader = this.#shape.reader(this.#request);
      this.#firstTokenMs = undefined;
    }
    this.#tries.begin(this.#recorded.elapsedMs);
    this.#recorded.isWaiting = true;
  }

  /** No answer came. */
  tryFailed(error: unknown, isTriedAgain: boolean): void {
    this.#recorded.isWaiting = false;
    const failure = connectionError(error);
    this.#tries.end(this.#recorded.elapsedMs, failure.message);
    this.#recorded.failTry(
      failure,
      isTriedAgain ? longestWaitMs(undefined) : undefined,
      this.#facts('failed'),
    );
  }

  /**
   * An answer begins.
   * @param hasTriesLeft whether the client would try again
   * @returns who has to hear of its body
   */
  answered({ status, headers }: AnswerHead, hasTriesLeft: boolean): BodyObserver {
    this.#recorded.isWaiting = false;
    this.#tries.answered(status);
    this.#requestId = REQUEST_IDS.map((name) => headerOf(headers, name)).find(Boolean);
    if (status >= 400) {
      const wait = hasTriesLeft && isRetried(status, headers) ? longestWaitMs(headers) : undefined;
      return this.#refusal(status, wait, headerOf(headers, 'x-amzn-errortype'));
    }
    const contentType = headerOf(headers, 'content-type') ?? '';
    this.#isStream = isStream(contentType);
    return this.#answer(answerBody(contentType, this.#reader));
  }

  /** The client will not try again. */
  triesAreOver(): void {
    this.#recorded.end();
  }

  /** What is known although the call has not ended. */
  soFar(): StepUpdate {
    return this.#facts(this.#recorded.isRead || this.#recorded.isWaiting ? 'unfinished' : 'unread');
  }

  #answer(body: AnswerBody): BodyObserver {
    const recorded = this.#recorded;
    const over = (ending: Ending, error?: unknown) => {
      if (!recorded.isOpen) {
        // Read on after its trace was published: what is missing there is reported.
        if (recorded.isRead) recorded.end();
        return;
      }
      recorded.isWaiting = false;
      if (ending !== 'left') body.end();
      this.#tries.end(recorded.elapsedMs);
      const failure = this.#reader.failure;
      if (failure !== undefined) recorded.fail(streamError(failure), this.#facts('failed'));
      else if (error !== undefined) recorded.fail(connectionError(error), this.#facts(ending));
      else if (this.#reader.isComplete) recorded.end(this.#facts('complete'));
      else {
        const isCut = ending === 'complete' && this.#reader.tellsItsEnd === true;
        recorded.end(this.#facts(isCut ? 'unfinished' : ending));
      }
    };
    return {
      asked: () => {
        recorded.isRead = recorded.isWaiting = true;
      },
      chunk: (bytes) => {
        recorded.isRead = true;
        recorded.isWaiting = false;
        if (body.chunk(bytes)) this.#firstTokenMs ??= recorded.elapsedMs;
        if (this.#reader.isOver === true) over('complete');
      },
      ended: () => over('complete'),
      // Who stops a stream has what came so far; who stops waiting for an answer has nothing.
      broken: (error) => (isAbort(error) && this.#isStream ? over('left') : over('failed', error)),
      left: () => over('left'),
    };
  }

  #refusal(
    status: number,
    retryWithinMs: number | undefined,
    type: string | undefined,
  ): BodyObserver {
    const decoder = new TextDecoder();
    let said = '';
    this.#recorded.update({ error: statusError(status, '') });
    const over = () => {
      const error = statusError(status, said, type);
      this.#tries.end(this.#recorded.elapsedMs, error.message);
      this.#recorded.failTry(error, retryWithinMs, this.#facts('failed'));
    };
    return {
      chunk: (bytes) => {
        if (said.length < MAX_ERROR_CHARS) said += decoder.decode(bytes, { stream: true });
      },
      ended: over,
      broken: over,
      left: over,
    };
  }

  #facts(ending: Ending): StepUpdate {
    const { options } = this.#door;
    const answer = this.#reader.answer();
    const isPartial = ending !== 'complete' && this.#reader.amount > 0;
    return {
      output: recordedContent(options, 'output', answer.output),
      model: bareModel(answer.model),
      ...tokenFields(answer.tokens ?? {}),
      ...answer.fields,
      metadata: without({
        ...answer.metadata,
        timeToFirstToken:
          this.#isStream && this.#firstTokenMs !== undefined
            ? Math.round(this.#firstTokenMs * 10) / 10
            : undefined,
        reasoning: recordedContent(options, 'output', answer.reasoning),
        requestId: this.#requestId,
        partial: isPartial ? true : undefined,
        ended: ending === 'complete' || ending === 'failed' ? undefined : ending,
        attempts: this.#tries.count > 1 ? this.#tries.list : undefined,
      }),
    } as StepUpdate;
  }
}
