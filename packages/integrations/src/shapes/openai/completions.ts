/** The older `POST /completions`, which continues a text. */

import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { CollectedText } from '../reading/collected-text.js';
import { NumberedAnswers } from '../reading/numbered-answers.js';
import type {
  ExtendedText,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { hasPerTokenArray, UnknownFields } from '../reading/unknown-fields.js';
import { deploymentOf, requestsUsage } from './chat.js';
import { OpenAIUsage } from './usage.js';

export const openAICompletions: Shape<'chat_completion'> = {
  operation: 'Completion',
  type: 'chat_completion',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/completions') &&
    !url.pathname.endsWith('/chat/completions') &&
    (isUnread === true || params.prompt !== undefined),
  describe: ({ url, params }) => ({
    inputs: {
      prompt: params.prompt,
      ...(params.suffix !== undefined && { suffix: params.suffix }),
    },
    model: stringOrUndefined(params.model) || deploymentOf(url),
    modelParameters: fieldsExcept(params, 'model', 'prompt', 'suffix'),
  }),
  reader: (request) => new CompletionReader(request),
};

/** The limit is high because each of several prompts may have several answers. */
const MAX_CHOICES = 1024;
const KNOWN = wordSet('id object created model choices usage error service_tier');
const KNOWN_OF_CHOICE = wordSet('index text finish_reason');

interface Choice {
  readonly text: CollectedText;
  readonly unknown: UnknownFields;
  finishReason: string | undefined;
}

function newChoice(): Choice {
  return { text: new CollectedText(), unknown: new UnknownFields(), finishReason: undefined };
}

class CompletionReader implements ResponseReader {
  isComplete = false;
  isOver = false;
  failure: unknown = undefined;
  readonly #params: JsonObject;
  readonly #choices = new NumberedAnswers(MAX_CHOICES, newChoice);
  readonly #unknown = new UnknownFields();
  readonly #usage = new OpenAIUsage();
  #model: string | undefined;
  #id: string | undefined;
  #serviceTier: string | undefined;

  constructor({ params }: ModelRequest) {
    this.#params = params;
  }

  get amount(): number {
    return this.#choices.sumOf((each) => each.text.chars);
  }

  /** Some services do not send the last event. Then the stream is complete when everything that was requested has been received. */
  get hasEndMarker(): boolean {
    const { n, prompt } = this.#params;
    const choices = this.#choices.inOrder;
    if (choices.some(({ finishReason }) => finishReason === undefined)) return true;
    if (requestsUsage(this.#params) && this.#usage.tokens === undefined) return true;
    return choices.length < Math.min((countOrUndefined(n) || 1) * promptsIn(prompt), MAX_CHOICES);
  }

  readWhole(body: unknown): void {
    this.isComplete = true;
    if (!isJsonObject(body)) return;
    this.#readHead(body);
    for (const [i, each] of arrayOrEmpty(body.choices).entries()) {
      const item = objectOrEmpty(each);
      this.#readChoice(item, item.index ?? i);
    }
  }

  readEvent(body: JsonObject): boolean {
    this.#readHead(body);
    let isContent = false;
    for (const each of arrayOrEmpty(body.choices)) {
      const item = objectOrEmpty(each);
      if (this.#readChoice(item, item.index ?? 0)) isContent = true;
    }
    return isContent;
  }

  #readHead(body: JsonObject): void {
    if (body.error !== undefined && body.error !== null) this.failure = body.error;
    this.#model ||= stringOrUndefined(body.model);
    this.#id ||= stringOrUndefined(body.id);
    this.#serviceTier = stringOrUndefined(body.service_tier) ?? this.#serviceTier;
    this.#usage.read(body.usage, body.model);
    this.#unknown.add(body, KNOWN);
  }

  /** @returns whether the choice has a part of the answer */
  #readChoice(item: JsonObject, index: unknown): boolean {
    const choice = this.#choices.ensure(index);
    if (choice === undefined) return false;
    choice.finishReason = stringOrUndefined(item.finish_reason) ?? choice.finishReason;
    choice.unknown.add(item, KNOWN_OF_CHOICE);
    const piece = stringOrUndefined(item.text) ?? '';
    choice.text.add(piece);
    return piece !== '';
  }

  extendedText(body: JsonObject): ExtendedText | undefined {
    const [first, ...others] = arrayOrEmpty(body.choices);
    const item = objectOrEmpty(first);
    const choice = this.#choices.get(item.index ?? 0);
    if (others.length > 0 || choice === undefined) return undefined;
    if (hasPerTokenArray(body, KNOWN) || hasPerTokenArray(item, KNOWN_OF_CHOICE)) return undefined;
    return { key: 'text', text: choice.text };
  }

  endOfEvents(): void {
    this.isComplete = this.isOver = true;
  }

  response(): ModelResponse {
    const choices = this.#choices.inOrder;
    const [first] = choices;
    const unknownFields = choices.map((choice) => choice.unknown.fields);
    const reasons = choices.map(({ finishReason }) => finishReason ?? null);
    const isSeveral = choices.length > 1;
    const hasUnknown = unknownFields.some((each) => Object.keys(each).length > 0);
    return {
      model: this.#model,
      output: this.#choices.outputOf((each) => each.text.textOrUndefined),
      tokens: this.#usage.tokens,
      billing: {
        ...this.#usage.billing,
        ...(this.#serviceTier && { serviceTier: this.#serviceTier }),
      },
      metadata: {
        responseId: this.#id,
        finishReason: first?.finishReason,
        reasoningTokens: this.#usage.reasoningTokens,
        ...(new Set(reasons).size > 1 && { finishReasons: reasons }),
      },
      details: knownFirst(
        {
          ...(this.#usage.unknownFields && { usage: this.#usage.unknownFields }),
          ...(isSeveral && hasUnknown && { choices: unknownFields }),
        },
        { ...this.#unknown.fields, ...(!(isSeveral && hasUnknown) && unknownFields[0]) },
      ),
    };
  }
}

/** The number of prompts: a prompt is a string or an array of tokens, and an array of those is several prompts. */
function promptsIn(prompt: unknown): number {
  const [first] = arrayOrEmpty(prompt);
  return typeof first === 'string' || Array.isArray(first) ? arrayOrEmpty(prompt).length : 1;
}
