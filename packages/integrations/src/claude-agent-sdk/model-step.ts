import {
  type Billing,
  type RecordedCall,
  type Step,
  type StepUpdate,
  startCall,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { namedError } from '../common/failures/call-error.js';
import {
  definedFields,
  type JsonObject,
  nonEmptyFields,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { withPricedTier } from '../common/service-tier.js';
import { wordSet } from '../common/words.js';
import { MessagesReader } from '../shapes/anthropic/messages.js';
import { anthropicTokens, MergedUsage } from '../shapes/anthropic/usage.js';

/** The start of a model's turn, before its answer is received. */
interface ModelTurn {
  readonly id: string | undefined;
  /** The messages that the model received since its last answer. */
  readonly prompt: readonly unknown[];
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
}

/** Fields of a message that are read, or that only link it to others. */
const KNOWN = wordSet(`
  type message uuid session_id parent_tool_use_id request_id error timestamp
`);

/** The model of answers that the SDK creates itself, such as the text of an error. */
const SYNTHETIC = '<synthetic>';

/** One answer of a model within a run as a step. It is received in one message, or in several with the same id. */
export class ModelStep {
  readonly id: string | undefined;
  readonly #options: CallOptions;
  readonly #call: RecordedCall<'chat_completion'>;
  readonly #reader = new MessagesReader();
  /** Reads the pieces of a stream, which are used until the complete message has been received. */
  readonly #pieces = new MessagesReader();
  /** The other fields of the messages. */
  #otherFields: JsonObject = {};
  readonly #usage = new MergedUsage();
  readonly #seen = new Set<unknown>();
  readonly #startedAtMs: number;
  #finishReason: string | undefined;
  #firstTokenMs: number | undefined;
  #model: string | undefined;

  static start(options: CallOptions, parent: Step, turn: ModelTurn): ModelStep | undefined {
    let step: ModelStep | undefined;
    const call = startCall(
      {
        name: 'Claude Chat Completion',
        type: 'chat_completion',
        provider: options.provider ?? 'anthropic',
        inputs: recordedContent(options, 'inputs', { prompt: turn.prompt }),
      },
      { soFar: () => step?.soFar(), amount: () => step?.amount ?? 0 },
      parent,
    );
    if (call === undefined) return undefined;
    call.moveStartTo(turn.startedAtMs);
    step = new ModelStep(options, call, turn);
    return step;
  }

  private constructor(
    options: CallOptions,
    call: RecordedCall<'chat_completion'>,
    { id, startedAtMs }: ModelTurn,
  ) {
    this.id = id;
    this.#options = options;
    this.#call = call;
    this.#startedAtMs = startedAtMs;
  }

  get call(): RecordedCall<'chat_completion'> {
    return this.#call;
  }

  get model(): string | undefined {
    return this.#model;
  }

  get tokens(): TokenCounts {
    return anthropicTokens(this.#usage.value) ?? {};
  }

  /** The billing that the provider stated, with a tier at the usual price too. */
  get #billed(): Billing {
    const { billing } = this.#reader.response();
    return definedFields({ ...this.#pieces.response().billing, ...billing }) as Billing;
  }

  get billing(): JsonObject {
    return withPricedTier(this.#billed) as JsonObject;
  }

  get output(): unknown {
    return this.#reader.response().output ?? this.#pieces.response().output;
  }

  get amount(): number {
    return this.#reader.amount + this.#pieces.amount;
  }

  /** Ends the step at the end of the run, if the answer was not received to its end. */
  endUnfinished(): void {
    if (this.#call.isOpen) this.#call.end(this.soFar());
  }

  soFar(): StepUpdate<'chat_completion'> {
    const facts = this.#facts(undefined);
    const metadata = { ...facts.metadata, partial: this.amount > 0 || undefined, ended: 'left' };
    return { ...facts, metadata: definedFields(metadata) };
  }

  /** Reads a message with a part of the answer, or all of it. */
  readMessage(message: JsonObject): void {
    if (message.uuid !== undefined && this.#seen.has(message.uuid)) return;
    this.#seen.add(message.uuid);
    const answer = objectOrEmpty(message.message);
    this.#reader.readWhole(answer);
    this.#usage.add(answer.usage);
    this.#finishReason = stringOrUndefined(answer.stop_reason) ?? this.#finishReason;
    const model = stringOrUndefined(answer.model);
    if (model !== SYNTHETIC) this.#model = model ?? this.#model;
    this.#otherFields = { ...this.#otherFields, ...nonEmptyFields(message, KNOWN) };
    this.#update(stringOrUndefined(message.request_id), stringOrUndefined(message.error));
  }

  /** Reads an event of the answer's stream, if the app requested those. */
  readEvent(event: JsonObject, firstTokenMs?: number): void {
    this.#pieces.readEvent(event);
    this.#firstTokenMs = firstTokenMs ?? this.#firstTokenMs;
    if (event.type === 'message_start') {
      const { usage, model } = objectOrEmpty(event.message);
      this.#usage.add(usage);
      this.#model ??= stringOrUndefined(model);
    }
    if (event.type === 'content_block_delta') this.#firstTokenMs ??= Date.now() - this.#startedAtMs;
    if (event.type !== 'message_delta') return;
    this.#usage.add(event.usage);
    this.#finishReason =
      stringOrUndefined(objectOrEmpty(event.delta).stop_reason) ?? this.#finishReason;
    this.#update(undefined, undefined);
  }

  #update(requestId: string | undefined, error: string | undefined): void {
    // Each message extends the call until now.
    this.#call.retry();
    this.#call.addBilling(this.billing);
    const facts = this.#facts(requestId);
    if (error === undefined) this.#call.end(facts);
    else this.#call.fail(namedError(this.#options, error, stringOrUndefined(this.output)), facts);
  }

  #facts(requestId: string | undefined): StepUpdate<'chat_completion'> {
    const whole = this.#reader.response();
    const { output, reasoning, metadata, details } =
      whole.output === undefined ? this.#pieces.response() : whole;
    const { billing } = this;
    return {
      output: recordedContent(this.#options, 'output', output),
      ...(this.#model !== undefined && { model: this.#model }),
      ...tokenFields(this.tokens),
      metadata: definedFields({
        ...recordedDetails(this.#options, { ...details, ...this.#otherFields }),
        ...metadata,
        serviceTier: this.#billed.serviceTier,
        billed: nonEmptyObjectOrUndefined(billing),
        finishReason: this.#finishReason,
        reasoning: recordedContent(this.#options, 'output', reasoning),
        requestId,
        timeToFirstToken: this.#firstTokenMs,
      }),
    };
  }
}
