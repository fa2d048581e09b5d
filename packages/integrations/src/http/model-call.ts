/** One call of a model over HTTP as one step: its tries, its answer, and how it ended. */

import {
  type BodyObserver,
  type RecordedCall,
  type StepOptions,
  type StepType,
  type StepUpdate,
  startCall,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { connectionError, isAbort, statusError, streamError } from '../common/call-error.js';
import { recordedContent, recordedParameters } from '../common/content.js';
import { without } from '../common/json.js';
import type { AnswerReader, ModelRequest, Shape } from '../shapes/shape.js';
import { type AnswerBody, answerBody, isStream } from './answer-body.js';
import type { Door } from './door.js';
import { headerOf } from './fetch.js';
import { providerOf } from './providers.js';
import { isRetried, longestWaitMs } from './retries.js';

/** An answer's head, as far as it matters here. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: unknown;
}

/** How a call that has not said everything came to its end. */
type Ending = 'complete' | 'left' | 'failed' | 'unread' | 'unfinished';

interface Try {
  readonly beganMs: number;
  status?: number;
  error?: string;
  latencyMs?: number;
}

const MAX_ERROR_CHARS = 8192;
/** By which providers know a request. */
const REQUEST_IDS = ['x-request-id', 'request-id', 'x-amzn-requestid'];

export class ModelCall {
  readonly #door: Door;
  readonly #request: ModelRequest;
  readonly #shape: Shape;
  readonly #recorded: RecordedCall;
  readonly #tries: Try[] = [];
  #reader: AnswerReader;
  #firstTokenMs: number | undefined;
  #requestId: string | undefined;
  #isStream = false;

  /** Undefined where the request is of no shape that the door knows, or nothing is recorded. */
  static begin(door: Door, request: ModelRequest): ModelCall | undefined {
    const shape = door.shapes.find((each) => each.matches(request));
    if (shape === undefined) return undefined;
    let call: ModelCall | undefined;
    const recorded = startCall(stepOf(door, shape, request), {
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
    if (this.#tries.length > 0) {
      this.#recorded.tryAgain();
      this.#reader = this.#shape.reader(this.#request);
      this.#firstTokenMs = undefined;
    }
    this.#tries.push({ beganMs: this.#recorded.elapsedMs });
    this.#recorded.isWaiting = true;
  }

  /** No answer came. */
  tryFailed(error: unknown, isTriedAgain: boolean): void {
    this.#recorded.isWaiting = false;
    const failure = connectionError(error);
    this.#tryEnded({ error: failure.message });
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
    const last = this.#tries.at(-1);
    if (last !== undefined) last.status = status;
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
      if (!recorded.isOpen) return;
      recorded.isWaiting = false;
      if (ending !== 'left') body.end();
      this.#tryEnded({});
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
      this.#tryEnded({ error: error.message });
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

  #tryEnded(facts: Partial<Try>): void {
    const last = this.#tries.at(-1);
    if (last === undefined) return;
    Object.assign(last, facts, { latencyMs: this.#recorded.elapsedMs - last.beganMs });
  }

  #facts(ending: Ending): StepUpdate {
    const { options } = this.#door;
    const answer = this.#reader.answer();
    const isPartial = ending !== 'complete' && this.#reader.amount > 0;
    const tries = this.#tries.map(({ status, error, latencyMs }) => ({
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      latencyMs: latencyMs === undefined ? null : Math.round(latencyMs),
    }));
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
        attempts: tries.length > 1 ? tries : undefined,
      }),
    } as StepUpdate;
  }
}

function stepOf(door: Door, shape: Shape, request: ModelRequest): StepOptions {
  const { options } = door;
  const { inputs, model, modelParameters } = shape.describe(request);
  const provider = options.provider ?? providerOf(request.url) ?? door.provider;
  const isAzure = provider === 'azure' && door.client === 'OpenAI';
  const facts = { provider, model: bareModel(model) };
  return {
    name: `${isAzure ? 'Azure OpenAI' : door.client} ${shape.operation}`,
    type: shape.type as StepType,
    inputs: recordedContent(options, 'inputs', inputs),
    // Steps of other types have no fields for them.
    ...(shape.type === 'guardrail' || shape.type === 'retriever'
      ? { metadata: without(facts) }
      : facts),
    ...(Object.keys(modelParameters).length > 0 && {
      modelParameters: recordedParameters(options, modelParameters),
    }),
  } as StepOptions;
}

/** Without the path that Google puts before it. */
function bareModel(model: string | undefined): string | undefined {
  return model?.replace(/^(publishers\/[^/]+\/)?models\//, '') || undefined;
}
