/** Cohere's older `POST /v1/generate` and `POST /v1/summarize`. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { CollectedText } from '../reading/collected-text.js';
import { NumberedAnswers } from '../reading/numbered-answers.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, ResponseReader, Shape } from '../reading/shape.js';
import { FAILED_ENDS } from './chat.js';
import { cohereBilling, cohereMeta, cohereTokens, cohereWarnings } from './usage.js';

export const cohereGenerate: Shape<'chat_completion'> = {
  operation: 'Completion',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v1/generate'),
  describe: ({ params }) => ({
    inputs: { prompt: [{ role: 'user', content: params.prompt }] },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'prompt'),
  }),
  reader: () => new GenerateReader(),
};

export const cohereSummarize: Shape<'chat_completion'> = {
  operation: 'Summary',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v1/summarize'),
  describe: ({ params }) => ({
    inputs: { prompt: [{ role: 'user', content: params.text }] },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'text'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, summary, meta, ...unknown } = objectOrEmpty(body);
      return {
        output: stringOrUndefined(summary),
        tokens: cohereTokens(meta),
        billing: cohereBilling(meta),
        metadata: { responseId: stringOrUndefined(id), ...cohereMeta(meta) },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(unknown, 'error')),
      };
    }),
};

const MAX_GENERATIONS = 16;

/** One of the texts that continue a prompt. */
interface Generation {
  readonly text: CollectedText;
  facts: JsonObject;
}

class GenerateReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  readonly #generations = new NumberedAnswers<Generation>(MAX_GENERATIONS, () => ({
    text: new CollectedText(),
    facts: {},
  }));
  #id: string | undefined;
  #finishReason: string | undefined;
  #usage: unknown;
  #error: unknown;

  get failure(): unknown {
    if (this.#error !== undefined) return this.#error;
    const reason = this.#finishReason;
    return reason !== undefined && FAILED_ENDS.test(reason)
      ? { type: reason, message: `the model stopped: ${reason}` }
      : undefined;
  }

  get amount(): number {
    return this.#generations.sumOf((each) => each.text.chars);
  }

  readWhole(body: unknown): void {
    const response = objectOrEmpty(body);
    this.#error = response.error ?? undefined;
    this.#readResponse(response);
    this.isComplete = true;
  }

  readEvent(event: JsonObject): boolean {
    const before = this.amount;
    const place = typeof event.index === 'number' ? event.index : 0;
    if (event.event_type === 'text-generation') {
      this.#generations.ensure(place)?.text.add(stringOrUndefined(event.text) ?? '');
    } else if (event.event_type === 'stream-error') {
      this.#error = { type: event.finish_reason, message: event.err };
    } else if (event.event_type === 'stream-end') {
      this.#finishReason = stringOrUndefined(event.finish_reason);
      this.#readResponse(objectOrEmpty(event.response));
      this.isComplete = true;
    }
    return this.amount > before;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const all = this.#generations.inOrder;
    return {
      output: this.#generations.outputOf((each) => each.text.toString()),
      tokens: cohereTokens(this.#usage),
      billing: cohereBilling(this.#usage),
      metadata: {
        responseId: this.#id,
        finishReason: this.#finishReason,
        ...cohereMeta(this.#usage),
      },
      details: {
        ...cohereWarnings(this.#usage),
        ...(all.some(({ facts }) => Object.keys(facts).length > 0) && {
          generations: all.map(({ facts }) => facts),
        }),
      },
    };
  }

  #readResponse(response: JsonObject): void {
    this.#id = stringOrUndefined(response.id) ?? this.#id;
    if (isJsonObject(response.meta)) this.#usage = response.meta;
    for (const [i, each] of arrayOrEmpty(response.generations).entries()) {
      const { text: generated, index, ...facts } = objectOrEmpty(each);
      const generation = this.#generations.ensure(typeof index === 'number' ? index : i);
      if (generation === undefined) continue;
      // The events of a stream have sent the text before.
      if (generation.text.chars === 0) generation.text.add(stringOrUndefined(generated) ?? '');
      generation.facts = facts;
      this.#finishReason ??= stringOrUndefined(facts.finish_reason);
    }
  }
}
