/** Mistral's chats, which differ from OpenAI's by content in parts, by completions in the middle, and by agents. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { mergeUsage } from '../reading/merge-usage.js';
import { Message } from '../reading/message.js';
import { NumberedAnswers } from '../reading/numbered-answers.js';
import type {
  ExtendedText,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { hasPerTokenArray, UnknownFields } from '../reading/unknown-fields.js';
import { readMistralContent } from './content.js';
import { mistralBilling, mistralTokens, unknownMistralUsage } from './usage.js';

export const mistralChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url }) => /\/(chat|agents)\/completions$/.test(url.pathname),
  describe: ({ params }: ModelRequest) => {
    const { messages, tools } = params;
    return {
      inputs: { prompt: messages, ...(tools !== undefined && { tools }) },
      model: stringOrUndefined(params.model),
      modelParameters: fieldsExcept(params, 'model', 'messages', 'tools'),
    };
  },
  reader: () => new MistralReader(),
};

/** Code between a prompt and a suffix. */
export const mistralFim: Shape<'chat_completion'> = {
  ...mistralChat,
  operation: 'Completion',
  matches: ({ url }) => url.pathname.endsWith('/fim/completions'),
  describe: ({ params }: ModelRequest) => ({
    inputs: {
      prompt: [{ role: 'user', content: params.prompt }],
      ...(params.suffix !== undefined && { suffix: params.suffix }),
    },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'prompt', 'suffix'),
  }),
};

const MAX_CHOICES = 16;
const KNOWN = wordSet('id object created model usage choices error service_tier');
const KNOWN_OF_CHOICE = wordSet('index message delta finish_reason');
const KNOWN_OF_MESSAGE = wordSet('role content tool_calls prefix index');

class Choice {
  readonly message = new Message();
  readonly unknown = new UnknownFields();

  read(choice: JsonObject, received: JsonObject): void {
    const { message } = this;
    readMistralContent(message, received.content ?? '');
    for (const each of arrayOrEmpty(received.tool_calls)) {
      const { id, index, function: called, ...unknown } = objectOrEmpty(each);
      const { name, arguments: args } = objectOrEmpty(called);
      // A later piece of a call has no id, or the id 'null'.
      const callId = id === 'null' ? undefined : stringOrUndefined(id) || undefined;
      const tool = message.ensureToolOfPiece({
        index: typeof index === 'number' ? index : undefined,
        id: callId,
        name: stringOrUndefined(name),
      });
      if (tool === undefined) continue;
      tool.identify(callId, stringOrUndefined(name) || undefined);
      tool.arguments.add(
        stringOrUndefined(args) ?? (isJsonObject(args) ? JSON.stringify(args) : ''),
      );
      const unknownOfCall = fieldsExcept(unknown, 'type');
      if (Object.keys(unknownOfCall).length > 0) tool.extend(unknownOfCall);
    }
    message.setFinishReason(stringOrUndefined(choice.finish_reason));
    this.unknown.add(choice, KNOWN_OF_CHOICE);
    this.unknown.add(received, KNOWN_OF_MESSAGE);
  }
}

class MistralReader implements ResponseReader {
  readonly hasEndMarker = true;
  /** True after the last chunk, the only one with tokens. */
  isOver = false;
  readonly #choices = new NumberedAnswers(MAX_CHOICES, () => new Choice());
  readonly #unknown = new UnknownFields();
  #isDone = false;
  #error: unknown;
  #model: string | undefined;
  #id: string | undefined;
  #tier: string | undefined;
  #usage: JsonObject | undefined;

  get isComplete(): boolean {
    return this.#isDone;
  }

  get failure(): unknown {
    if (this.#error !== undefined) return this.#error;
    const isFailed = this.#choices.inOrder.some((each) => each.message.finishReason === 'error');
    return isFailed ? { type: 'error', message: 'the model stopped: error' } : undefined;
  }

  get amount(): number {
    return this.#choices.sumOf(({ message }) => message.amount);
  }

  readWhole(body: unknown): void {
    this.#readBody(objectOrEmpty(body), 'message');
    this.#isDone = true;
  }

  readEvent(chunk: JsonObject): boolean {
    const before = this.amount;
    this.#readBody(chunk, 'delta');
    if (isJsonObject(chunk.usage)) this.isOver = this.#isDone = true;
    return this.amount > before;
  }

  extendedText(chunk: JsonObject): ExtendedText | undefined {
    const [first, ...others] = arrayOrEmpty(chunk.choices);
    const choice = objectOrEmpty(first);
    const delta = objectOrEmpty(choice.delta);
    const { content, tool_calls } = delta;
    if (others.length > 0 || typeof content !== 'string' || content === '') return undefined;
    if (hasPerTokenArray(chunk, KNOWN) || hasPerTokenArray(choice, KNOWN_OF_CHOICE))
      return undefined;
    const answer = this.#choices.get(Number(choice.index ?? 0));
    return tool_calls || answer === undefined || hasPerTokenArray(delta, KNOWN_OF_MESSAGE)
      ? undefined
      : { key: 'content', text: answer.message.text };
  }

  endOfEvents(): void {
    this.#isDone = true;
  }

  response(): ModelResponse {
    const choices = this.#choices.inOrder;
    const [first] = choices;
    const tokens = mistralTokens(this.#usage);
    const reasoning = first?.message.reasoning;
    const facts = choices.map(({ message, unknown }) => ({
      finishReason: message.finishReason,
      ...(message.reasoning.chars > 0 && { reasoning: message.reasoning.toString() }),
      ...unknown.fields,
    }));
    return {
      model: this.#model,
      output: this.#choices.outputOf(({ message }) => message.output),
      reasoning: reasoning?.textOrUndefined,
      tokens,
      billing: {
        ...(this.#tier !== undefined && { serviceTier: this.#tier }),
        ...mistralBilling(this.#usage),
      },
      metadata: {
        responseId: this.#id,
        finishReason: first?.message.finishReason,
        reasoningTokens: tokens?.reasoning,
        serviceTier: this.#tier,
        otherUsage: unknownMistralUsage(this.#usage),
      },
      details: knownFirst(facts.length > 1 ? { choices: facts } : {}, {
        ...this.#unknown.fields,
        ...(facts.length <= 1 && first?.unknown.fields),
      }),
    };
  }

  #readBody(body: JsonObject, key: 'message' | 'delta'): void {
    if (body.error !== undefined && body.error !== null) this.#error = body.error;
    else if (body.object === 'error') this.#error = body;
    this.#model = stringOrUndefined(body.model) || this.#model;
    this.#id = stringOrUndefined(body.id) || this.#id;
    this.#tier = stringOrUndefined(body.service_tier) ?? this.#tier;
    if (isJsonObject(body.usage)) this.#usage = mergeUsage(this.#usage, body.usage);
    this.#unknown.add(body, KNOWN);
    for (const [i, each] of arrayOrEmpty(body.choices).entries()) {
      const choice = objectOrEmpty(each);
      const index = typeof choice.index === 'number' ? choice.index : i;
      this.#choices.ensure(index)?.read(choice, objectOrEmpty(choice[key]));
    }
  }
}
