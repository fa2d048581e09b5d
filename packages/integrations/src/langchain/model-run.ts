import type { RecordedCall, StepUpdate } from '@openlayer-tracing/core/integration';
import { tokenFields } from '@openlayer-tracing/core/integration';
import { roundedMs } from '../common/calls/rounded-ms.js';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { emptyResponseError, statedError } from '../common/failures/call-error.js';
import { endAborted } from '../common/failures/fail-call.js';
import { failureOfEnd } from '../common/failures/failed-end.js';
import { statusUpdate } from '../common/failures/thrown.js';
import {
  arrayOrEmpty,
  definedFields,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { withPricedTier } from '../common/service-tier.js';
import { wordSet } from '../common/words.js';
import { errorOfRun, isAborted } from './aborts.js';
import { Pieces } from './pieces.js';
import { langChainProvider } from './provider.js';
import {
  type Generation,
  outputTokens,
  readGeneration,
  unknownResultFields,
} from './read-generation.js';

/** Facts of the request of a model run. */
interface RequestFacts {
  /** The tier that the call requests, which not all responses repeat. */
  readonly tier: string | undefined;
  /** Whether the provider is known: converters that clients share state theirs in each response. */
  readonly hasProvider: boolean;
}

/** One run of a model as a step, recorded token by token or at its end. */
export class ModelRun {
  readonly #recorded: RecordedCall;
  readonly #options: CallOptions;
  readonly #request: RequestFacts;
  readonly #pieces = new Pieces();
  #firstTokenMs: number | undefined;

  constructor(recorded: RecordedCall, options: CallOptions, request: RequestFacts) {
    this.#request = request;
    this.#recorded = recorded;
    this.#options = options;
    recorded.startWaiting();
  }

  get amount(): number {
    return this.#pieces.amount;
  }

  /**
   * @param index which of several answers the token belongs to
   * @param chunk the chunk that contains the token, if LangChain passes it on
   */
  addToken(token: unknown, index: unknown, chunk: unknown): void {
    this.#receive(() =>
      this.#pieces.addToken(stringOrUndefined(token) ?? '', objectOrEmpty(index).completion, chunk),
    );
  }

  addEvent(event: unknown): void {
    this.#receive(() => this.#pieces.addEvent(objectOrEmpty(event)));
  }

  end(returned: unknown): void {
    const result = objectOrEmpty(returned);
    const generations = arrayOrEmpty(result.generations)
      .flatMap(arrayOrEmpty)
      .map(objectOrEmpty)
      .map(readGeneration);
    const [first] = generations;
    const outputs = generations.map(({ output }) => output);
    // LangChain joins the chunks of several streamed answers to one message.
    const isJoined = this.#pieces.size > 1 && outputs.length === 1;
    const joined = outputs.length > 1 ? outputs : outputs[0];
    const output = isJoined ? this.#pieces.output : joined;
    const reasons = generations.map(({ metadata }) => metadata.finishReason);
    const failure = failureOfEnd({ reasons, output, isComplete: true });
    const counts = first?.tokens ?? outputTokens(result);
    if (first !== undefined) {
      this.#recorded.addBilling(
        withPricedTier({ serviceTier: this.#request.tier, ...first.billing }),
      );
    }
    this.#recorded.stopWaiting();
    const isCut = this.#pieces.amount > 0 && reasons[0] === undefined && statesReasons(first);
    const update = {
      output: this.#content(output),
      model: first?.model,
      provider: this.#request.hasProvider ? undefined : langChainProvider(first?.provider),
      ...(counts && tokenFields(counts)),
      metadata: definedFields({
        ...recordedDetails(this.#options, knownFirst(first?.details, unknownResultFields(result))),
        ...first?.metadata,
        ...(new Set(reasons).size > 1 && { finishReasons: reasons.map((each) => each ?? null) }),
        reasoning: this.#content(first?.reasoning ?? this.#pieces.reasoning),
        ...this.#timing(),
        ...(isCut && { partial: true, ended: 'unfinished' }),
      }),
    } as StepUpdate;
    if (failure !== undefined) this.#recorded.fail(statedError(this.#options, failure), update);
    else if (first !== undefined) this.#recorded.end(update);
    else this.#recorded.fail(emptyResponseError(this.#options, undefined), update);
  }

  /** @param signal by which the app may have aborted the run */
  fail(error: unknown, signal: unknown): void {
    this.#recorded.stopWaiting();
    const update = this.#unfinished(undefined);
    if (isAborted(error, signal)) endAborted(this.#recorded, update);
    else {
      const metadata = { ...update.metadata, ...statusUpdate(error).metadata };
      this.#recorded.fail(errorOfRun(this.#options, error, signal), { ...update, metadata });
    }
  }

  soFar(): StepUpdate {
    return this.#unfinished('unfinished');
  }

  #receive(read: () => void): void {
    this.#recorded.markRead();
    this.#recorded.stopWaiting();
    const before = this.amount;
    read();
    if (this.amount > before) this.#firstTokenMs ??= this.#recorded.elapsedMs;
  }

  #unfinished(ended: string | undefined): StepUpdate {
    const { output, reasoning, amount, tokens } = this.#pieces;
    const hasOutput = amount > 0;
    return {
      ...(tokens && tokenFields(tokens)),
      ...(hasOutput && { output: this.#content(output) }),
      metadata: definedFields({
        ...this.#timing(),
        reasoning: this.#content(reasoning),
        partial: hasOutput || undefined,
        ended,
      }),
    } as StepUpdate;
  }

  #timing(): JsonObject {
    return { timeToFirstToken: roundedMs(this.#firstTokenMs) };
  }

  #content(content: unknown): unknown {
    return recordedContent(this.#options, 'output', content);
  }
}

const STATE_REASONS = wordSet('openai anthropic');

/** Whether the message is of a package of LangChain that states a reason at the end of each stream. */
function statesReasons(generation: Generation | undefined): boolean {
  const { provider } = generation ?? {};
  return typeof provider === 'string' && STATE_REASONS.has(provider);
}
