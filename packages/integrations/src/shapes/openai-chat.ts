/** `POST /chat/completions`, of OpenAI and of all that speak like it. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { type Json, list, record, text, without } from '../common/json.js';
import { nameMedia } from '../common/media.js';
import { Message } from './message.js';
import { openAIReasoningTokens, openAITokens } from './openai-usage.js';
import type { Answer, AnswerReader, Description, Shape, TextAdded } from './shape.js';

export const openAIChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/chat/completions') && Array.isArray(params.messages),
  describe: ({ url, params }) => describeChat(url, params),
  reader: () => new ChatReader(),
};

function describeChat(url: URL, params: Json): Description {
  const { messages, tools } = params;
  return {
    inputs: { prompt: messages, ...(tools !== undefined && { tools }) },
    model: text(params.model) ?? deploymentOf(url),
    modelParameters: without(params, 'model', 'messages', 'tools'),
  };
}

/** Azure names the model in the path. */
export function deploymentOf(url: URL): string | undefined {
  const name = /\/deployments\/([^/]+)\//.exec(url.pathname)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

const MAX_CHOICES = 16;

class ChatReader implements AnswerReader {
  isComplete = false;
  failure: unknown = undefined;
  readonly #choices: Message[] = [];
  #model: string | undefined;
  #id: string | undefined;
  #serviceTier: string | undefined;
  #tokens: TokenCounts | undefined;
  #reasoningTokens: number | undefined;

  get amount(): number {
    return this.#choices.reduce((sum, choice) => sum + choice.amount, 0);
  }

  whole(body: unknown): void {
    const completion = record(body);
    this.#takeHead(completion);
    for (const [i, each] of list(completion.choices).entries()) {
      const choice = record(each);
      const message = this.#choice(choice.index ?? i);
      if (message !== undefined) takeWhole(message, record(choice.message), choice);
    }
    this.isComplete = true;
  }

  event(chunk: Json): boolean {
    if (chunk.error !== undefined && chunk.error !== null) this.failure = chunk.error;
    this.#takeHead(chunk);
    let isContent = false;
    for (const each of list(chunk.choices)) {
      const choice = record(each);
      const message = this.#choice(choice.index ?? 0);
      if (message === undefined) continue;
      if (takeDelta(message, record(choice.delta))) isContent = true;
      message.finishReason = text(choice.finish_reason) ?? message.finishReason;
    }
    return isContent;
  }

  added({ choices }: Json): TextAdded | undefined {
    const [first, ...others] = list(choices);
    const { index, delta } = record(first);
    const message = this.#choice(index ?? 0);
    return others.length > 0 || message === undefined
      ? undefined
      : textAdded(message, record(delta));
  }

  done(): void {
    this.isComplete = true;
  }

  answer(): Answer {
    const outputs = this.#choices.map(({ output }) => output);
    const first = this.#choices[0];
    return {
      model: this.#model,
      output: outputs.length > 1 ? outputs : outputs[0],
      reasoning: first && first.reasoning.chars > 0 ? first.reasoning.toString() : undefined,
      tokens: this.#tokens,
      metadata: {
        responseId: this.#id,
        finishReason: first?.finishReason,
        serviceTier: this.#serviceTier,
        reasoningTokens: this.#reasoningTokens,
      },
    };
  }

  #takeHead(chunk: Json): void {
    if (this.#model === undefined || this.#model === '') this.#model = text(chunk.model);
    this.#id ??= text(chunk.id);
    if (typeof chunk.service_tier === 'string') this.#serviceTier = chunk.service_tier;
    // Groq tells the tokens of a stream beside its chunks.
    const usage = chunk.usage ?? record(chunk.x_groq).usage;
    if (usage === undefined || usage === null) return;
    this.#tokens = openAITokens(usage) ?? this.#tokens;
    this.#reasoningTokens = openAIReasoningTokens(usage) ?? this.#reasoningTokens;
  }

  #choice(index: unknown): Message | undefined {
    if (typeof index !== 'number' || !(index >= 0 && index < MAX_CHOICES)) return undefined;
    while (this.#choices.length <= index) this.#choices.push(new Message());
    return this.#choices[index];
  }
}

function takeWhole(message: Message, said: Json, choice: Json): void {
  message.text.add(text(said.content) ?? '');
  message.reasoning.add(text(said.reasoning_content) ?? text(said.reasoning) ?? '');
  message.refusal = text(said.refusal);
  message.finishReason = text(choice.finish_reason);
  for (const each of list(said.tool_calls)) {
    const call = record(each);
    const called = record(call.function ?? call.custom);
    message.addTool(text(call.id), text(called.name), called.arguments ?? called.input);
  }
  if (said.function_call !== undefined && said.function_call !== null) {
    const { name, arguments: args } = record(said.function_call);
    message.addTool(undefined, text(name), args);
  }
  if (said.audio !== undefined && said.audio !== null) {
    message.others.push(nameMedia({ audio: said.audio }));
  }
}

/** @returns whether the delta says something */
function takeDelta(message: Message, delta: Json): boolean {
  const before = message.amount;
  if (typeof delta.content === 'string') message.text.add(delta.content);
  const reasoning = delta.reasoning_content ?? delta.reasoning;
  if (typeof reasoning === 'string') message.reasoning.add(reasoning);
  if (typeof delta.refusal === 'string') message.refusal = (message.refusal ?? '') + delta.refusal;
  for (const each of list(delta.tool_calls)) {
    const call = record(each);
    const tool = message.tool(typeof call.index === 'number' ? call.index : 0);
    if (tool === undefined) continue;
    const called = record(call.function ?? call.custom);
    tool.id ??= text(call.id);
    tool.name ??= text(called.name);
    tool.arguments.add(text(called.arguments) ?? text(called.input) ?? '');
  }
  return message.amount > before || typeof delta.refusal === 'string';
}

/** Undefined where the delta adds to several, or to what is no text. */
function textAdded(message: Message, delta: Json): TextAdded | undefined {
  const { content, reasoning_content, reasoning, refusal, tool_calls } = delta;
  const said = { content, reasoning_content, reasoning, refusal, tool_calls };
  const [only, ...others] = Object.entries(said).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value,
  );
  if (only === undefined || others.length > 0) return undefined;
  const [key, value] = only;
  if (key === 'content') return { key, text: message.text };
  if (key === 'reasoning' || key === 'reasoning_content') return { key, text: message.reasoning };
  const calls = list(value);
  const { index } = record(calls[0]);
  const tool = calls.length === 1 && typeof index === 'number' ? message.tool(index) : undefined;
  return tool && { key: 'arguments', text: tool.arguments };
}
