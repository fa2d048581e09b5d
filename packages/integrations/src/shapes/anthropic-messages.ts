/** Anthropic's `POST /v1/messages`, stable and beta, there and on the clouds that offer it alike. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { count, type Json, list, record, text, without } from '../common/json.js';
import { Message } from './message.js';
import type { Answer, AnswerReader, Description, Shape, TextAdded } from './shape.js';

export const anthropicMessages: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  // OpenAI's threads have a path like that too.
  matches: ({ url, params }) =>
    url.pathname.endsWith('/messages') &&
    Array.isArray(params.messages) &&
    params.max_tokens !== undefined,
  describe: ({ params }) => describeMessages(params),
  reader: () => new MessagesReader(),
};

export const anthropicShapes: readonly Shape[] = [anthropicMessages];

function describeMessages(params: Json): Description {
  const { system, messages, tools } = params;
  const told = system === undefined ? [] : [{ role: 'system', content: system }];
  return {
    inputs: { prompt: [...told, ...list(messages)], ...(tools !== undefined && { tools }) },
    model: text(params.model),
    modelParameters: without(params, 'model', 'messages', 'system', 'tools'),
  };
}

class MessagesReader implements AnswerReader {
  isComplete = false;
  failure: unknown = undefined;
  readonly #message = new Message();
  #model: string | undefined;
  #id: string | undefined;
  /** What the answer told of its tokens, the last of each. */
  #usage: Record<string, unknown> = {};

  get amount(): number {
    return this.#message.amount;
  }

  whole(body: unknown): void {
    const message = record(body);
    this.#takeHead(message);
    for (const each of list(message.content)) takeBlock(this.#message, record(each));
    this.#message.finishReason = text(message.stop_reason);
    this.isComplete = true;
  }

  event(event: Json): boolean {
    switch (event.type) {
      case 'message_start':
        this.#takeHead(record(event.message));
        // Of the output, only the first tokens are counted then.
        delete this.#usage.output_tokens;
        return false;
      case 'content_block_start':
        return this.#begin(event);
      case 'content_block_delta':
        return this.#add(event);
      case 'message_delta':
        this.#message.finishReason = text(record(event.delta).stop_reason);
        this.#takeUsage(event.usage);
        return false;
      case 'message_stop':
        this.isComplete = true;
        return false;
      case 'error':
        this.failure = event.error ?? event;
        return false;
      default:
        return false;
    }
  }

  added({ type, index, delta }: Json): TextAdded | undefined {
    if (type !== 'content_block_delta') return undefined;
    const { text: said, thinking, partial_json } = record(delta);
    if (typeof said === 'string') return { key: 'text', text: this.#message.text };
    if (typeof thinking === 'string') return { key: 'thinking', text: this.#message.reasoning };
    if (typeof partial_json !== 'string') return undefined;
    const tool = this.#message.tool(typeof index === 'number' ? index : 0);
    return tool && { key: 'partial_json', text: tool.arguments };
  }

  done(): void {}

  answer(): Answer {
    const { output, reasoning, finishReason } = this.#message;
    return {
      model: this.#model,
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: anthropicTokens(this.#usage),
      metadata: { responseId: this.#id, finishReason },
    };
  }

  #takeHead(message: Json): void {
    this.#model = text(message.model);
    this.#id = text(message.id);
    this.#takeUsage(message.usage);
  }

  #takeUsage(usage: unknown): void {
    Object.assign(this.#usage, without(record(usage)));
  }

  #begin({ index, content_block }: Json): boolean {
    const block = record(content_block);
    if (!isToolUse(block)) {
      takeBlock(this.#message, block);
      return false;
    }
    const tool = this.#message.tool(typeof index === 'number' ? index : 0);
    if (tool === undefined) return false;
    tool.id = text(block.id);
    tool.name = text(block.name);
    return true;
  }

  #add(event: Json): boolean {
    const delta = record(event.delta);
    if (typeof delta.text === 'string') this.#message.text.add(delta.text);
    else if (typeof delta.thinking === 'string') this.#message.reasoning.add(delta.thinking);
    else if (typeof delta.partial_json === 'string') {
      const place = typeof event.index === 'number' ? event.index : 0;
      this.#message.tool(place)?.arguments.add(delta.partial_json);
    } else return false;
    return true;
  }
}

function takeBlock(message: Message, block: Json): void {
  if (block.type === 'text') message.text.add(text(block.text) ?? '');
  else if (block.type === 'thinking') message.reasoning.add(text(block.thinking) ?? '');
  else if (isToolUse(block)) message.addTool(text(block.id), text(block.name), block.input);
  else if (block.type !== 'redacted_thinking') message.others.push(block);
}

function isToolUse(block: Json): boolean {
  return typeof block.type === 'string' && block.type.endsWith('tool_use');
}

/** Anthropic counts what it read from or wrote to its cache beside the input, not in it. */
export function anthropicTokens(usage: Json): TokenCounts | undefined {
  const input = count(usage.input_tokens);
  const output = count(usage.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cached = count(usage.cache_read_input_tokens);
  const cacheCreation = count(usage.cache_creation_input_tokens);
  return {
    input: input === undefined ? undefined : input + (cached ?? 0) + (cacheCreation ?? 0),
    output,
    cached,
    cacheCreation,
  };
}
