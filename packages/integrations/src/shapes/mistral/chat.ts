/** Mistral's chats, which differ from OpenAI's by content in parts, by completions in the middle, and by agents. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isRecord,
  type Json,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { nameSet } from '../../common/names.js';
import { mergeUsage } from '../reading/merge-usage.js';
import { Message } from '../reading/message.js';
import { NumberedAnswers } from '../reading/numbered-answers.js';
import { growsWithEach, OtherFacts } from '../reading/other-facts.js';
import type { ExtendedText, ModelRequest, ModelResponse, ResponseReader, Shape } from '../shape.js';
import { takeMistralContent } from './content.js';
import { mistralBilling, mistralTokens, otherMistralUsage } from './usage.js';

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
const READ = nameSet('id object created model usage choices error service_tier');
const READ_OF_CHOICE = nameSet('index message delta finish_reason');
const READ_OF_MESSAGE = nameSet('role content tool_calls prefix index');

class Choice {
  readonly message = new Message();
  readonly others = new OtherFacts();

  take(choice: Json, received: Json): void {
    const { message } = this;
    takeMistralContent(message, received.content ?? '');
    for (const each of arrayOrEmpty(received.tool_calls)) {
      const { id, index, function: called, ...more } = objectOrEmpty(each);
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
      tool.arguments.add(stringOrUndefined(args) ?? (isRecord(args) ? JSON.stringify(args) : ''));
      const others = fieldsExcept(more, 'type');
      if (Object.keys(others).length > 0) tool.extend(others);
    }
    message.setFinishReason(stringOrUndefined(choice.finish_reason));
    this.others.add(choice, READ_OF_CHOICE);
    this.others.add(received, READ_OF_MESSAGE);
  }
}

class MistralReader implements ResponseReader {
  readonly hasEndMarker = true;
  /** True after the last chunk, the only one with tokens. */
  isOver = false;
  readonly #choices = new NumberedAnswers(MAX_CHOICES, () => new Choice());
  readonly #others = new OtherFacts();
  #isDone = false;
  #error: unknown;
  #model: string | undefined;
  #id: string | undefined;
  #tier: string | undefined;
  #usage: Json | undefined;

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
    this.#take(objectOrEmpty(body), 'message');
    this.#isDone = true;
  }

  readEvent(chunk: Json): boolean {
    const before = this.amount;
    this.#take(chunk, 'delta');
    if (isRecord(chunk.usage)) this.isOver = this.#isDone = true;
    return this.amount > before;
  }

  extendedText(chunk: Json): ExtendedText | undefined {
    const [first, ...others] = arrayOrEmpty(chunk.choices);
    const choice = objectOrEmpty(first);
    const delta = objectOrEmpty(choice.delta);
    const { content, tool_calls } = delta;
    if (others.length > 0 || typeof content !== 'string' || content === '') return undefined;
    if (growsWithEach(chunk, READ) || growsWithEach(choice, READ_OF_CHOICE)) return undefined;
    const answer = this.#choices.get(Number(choice.index ?? 0));
    return tool_calls || answer === undefined || growsWithEach(delta, READ_OF_MESSAGE)
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
    const facts = choices.map(({ message, others }) => ({
      finishReason: message.finishReason,
      ...(message.reasoning.chars > 0 && { reasoning: message.reasoning.toString() }),
      ...others.facts,
    }));
    return {
      model: this.#model,
      output: this.#choices.outputOf(({ message }) => message.output),
      reasoning: reasoning && reasoning.chars > 0 ? reasoning.toString() : undefined,
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
        otherUsage: otherMistralUsage(this.#usage),
      },
      details: knownFirst(facts.length > 1 ? { choices: facts } : {}, {
        ...this.#others.facts,
        ...(facts.length <= 1 && first?.others.facts),
      }),
    };
  }

  #take(body: Json, key: 'message' | 'delta'): void {
    if (body.error !== undefined && body.error !== null) this.#error = body.error;
    else if (body.object === 'error') this.#error = body;
    this.#model = stringOrUndefined(body.model) || this.#model;
    this.#id = stringOrUndefined(body.id) || this.#id;
    this.#tier = stringOrUndefined(body.service_tier) ?? this.#tier;
    if (isRecord(body.usage)) this.#usage = mergeUsage(this.#usage, body.usage);
    this.#others.add(body, READ);
    for (const [i, each] of arrayOrEmpty(body.choices).entries()) {
      const choice = objectOrEmpty(each);
      const index = typeof choice.index === 'number' ? choice.index : i;
      this.#choices.ensure(index)?.take(choice, objectOrEmpty(choice[key]));
    }
  }
}
