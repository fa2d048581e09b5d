/** One call of a model as the AI SDK makes it, whatever its version: `doGenerate`, `doStream` or `doEmbed`. */

import {
  type BodyObserver,
  expectExchange,
  type RecordedCall,
  type Step,
  type StepUpdate,
  startCall,
  tapStream,
} from '@openlayer-tracing/core/integration';
import { isAbort } from '../common/call-error.js';
import { recordedContent, recordedParameters } from '../common/content.js';
import { type Json, record, text, without } from '../common/json.js';
import { lastText } from '../common/last-text.js';
import type { CallOptions } from '../common/options.js';
import { aiModel, aiProvider } from './facts.js';
import { ModelAnswer } from './model-answer.js';

export interface AsksModel {
  readonly type: 'chat_completion' | 'embedding';
  /** As the SDK names them: `openai.chat`. */
  readonly provider: unknown;
  readonly modelId: unknown;
  readonly inputs: Json;
  readonly parameters: Json;
}

type Ending = 'complete' | 'left' | 'failed' | 'unfinished';

export class AiModelCall {
  readonly #options: CallOptions;
  readonly #recorded: RecordedCall;
  readonly #modelId: unknown;
  #answer = new ModelAnswer();
  #firstTokenMs: number | undefined;
  readonly #failures: string[] = [];

  /** Undefined where nothing is recorded. */
  static begin(options: CallOptions, asked: AsksModel, parent?: Step): AiModelCall | undefined {
    let call: AiModelCall | undefined;
    const { type, inputs, parameters } = asked;
    const recorded = startCall(
      {
        name: type === 'embedding' ? 'AI SDK Embedding' : 'AI SDK Chat Completion',
        type,
        inputs: recordedContent(options, 'inputs', inputs),
        provider: options.provider ?? aiProvider(asked.provider, asked.modelId),
        model: aiModel(asked.modelId),
        ...(Object.keys(parameters).length > 0 && {
          modelParameters: recordedParameters(options, parameters),
        }),
      },
      { soFar: () => call?.soFar(), amount: () => call?.amount ?? 0 },
      parent,
    );
    if (recorded === undefined) return undefined;
    call = new AiModelCall(options, asked, recorded as RecordedCall);
    return call;
  }

  private constructor(options: CallOptions, asked: AsksModel, recorded: RecordedCall) {
    this.#options = options;
    this.#modelId = asked.modelId;
    this.#recorded = recorded;
    recorded.isWaiting = true;
  }

  get amount(): number {
    return this.#answer.amount;
  }

  get isOpen(): boolean {
    return this.#recorded.isOpen;
  }

  /**
   * Asks again after a failure.
   * @returns false where its trace is over
   */
  tryAgain(): boolean {
    this.#recorded.tryAgain();
    if (!this.#recorded.isOpen) return false;
    this.#recorded.isWaiting = true;
    this.#answer = new ModelAnswer();
    this.#firstTokenMs = undefined;
    return true;
  }

  /** The provider is asked where nobody tells: its client may be traced as well. */
  expectExchange(prompt: unknown): void {
    expectExchange(this.#recorded, { model: text(this.#modelId), said: lastText(prompt) });
  }

  soFar(): StepUpdate {
    return this.#update('unfinished');
  }

  failed(error: unknown): void {
    this.#recorded.isWaiting = false;
    this.#failures.push(messageOf(error));
    if (isAbort(error)) this.#recorded.end(this.#update('left'));
    else this.#recorded.fail(error, this.#update('failed'));
  }

  /** The answer came in one piece. */
  whole(answer: unknown): void {
    this.#answer.whole(record(answer));
    this.#recorded.isWaiting = false;
    this.#recorded.end(this.#update('complete'));
  }

  /** The same parts, seen as they pass by. */
  streamed<Part>(parts: ReadableStream<Part>): ReadableStream<Part> {
    const recorded = this.#recorded;
    let failure: unknown;
    let isComplete = false;
    const over = (ending: Ending) => {
      recorded.isWaiting = false;
      if (failure !== undefined) this.failed(failure);
      else recorded.end(this.#update(isComplete ? 'complete' : ending));
    };
    const observer: BodyObserver = {
      asked: () => {
        recorded.isRead = recorded.isWaiting = true;
      },
      chunk: (given: unknown) => {
        recorded.isWaiting = false;
        const part = record(given);
        if (part.type === 'error') failure = part.error;
        if (part.type === 'finish') isComplete = true;
        const before = this.amount;
        this.#answer.part(part);
        if (this.amount > before) this.#firstTokenMs ??= recorded.elapsedMs;
      },
      ended: () => over('complete'),
      broken: (error) => {
        if (!isComplete) failure ??= error;
        over('failed');
      },
      left: () => over('left'),
    };
    // It hands on whatever comes; that its chunks are bytes matters to nobody here.
    const tapped = tapStream(parts as unknown as ReadableStream<Uint8Array>, observer, parts);
    return tapped as unknown as ReadableStream<Part>;
  }

  #update(ending: Ending): StepUpdate {
    const { message, facts, metadata } = this.#answer;
    const { reasoning, others } = message;
    const hasSaid = this.amount > 0 || others.length > 0;
    return {
      ...facts,
      output: hasSaid ? recordedContent(this.#options, 'output', message.output) : undefined,
      metadata: without({
        ...metadata,
        timeToFirstToken:
          this.#firstTokenMs === undefined ? undefined : Math.round(this.#firstTokenMs * 10) / 10,
        reasoning:
          reasoning.chars > 0
            ? recordedContent(this.#options, 'output', reasoning.toString())
            : undefined,
        partial: ending !== 'complete' && hasSaid ? true : undefined,
        ended: ending === 'left' || ending === 'unfinished' ? ending : undefined,
        failedAttempts:
          this.#failures.length > 0 && ending === 'complete' ? [...this.#failures] : undefined,
      }),
    } as StepUpdate;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
