/** Cohere's chats, of its second API, and of its first where it says the same. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { count, isRecord, type Json, list, record, text, without } from '../common/json.js';
import { Message } from './message.js';
import type { Answer, AnswerReader, Shape, TextAdded } from './shape.js';

export const cohereChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    /\/v[12]\/chat$/.test(url.pathname) &&
    (Array.isArray(params.messages) || params.message !== undefined),
  describe: ({ params }) => {
    const { messages, message, preamble, chat_history, tools, documents } = params;
    const told = preamble === undefined ? [] : [{ role: 'system', content: preamble }];
    const asked = [...told, ...list(chat_history), { role: 'user', content: message }];
    return {
      inputs: {
        prompt: messages ?? asked,
        ...(tools !== undefined && { tools }),
        ...(documents !== undefined && { documents }),
      },
      model: text(params.model),
      modelParameters: without(
        params,
        ...['model', 'messages', 'message', 'preamble', 'chat_history', 'tools', 'documents'],
      ),
    };
  },
  reader: () => new CohereReader(),
};

class CohereReader implements AnswerReader {
  isComplete = false;
  readonly tellsItsEnd = true;
  failure: unknown = undefined;
  readonly #message = new Message();
  #id: string | undefined;
  #usage: Json | undefined;

  get amount(): number {
    return this.#message.amount;
  }

  whole(body: unknown): void {
    const answer = record(body);
    const said = isRecord(answer.message) ? answer.message : answer;
    this.#takeHead(answer);
    if (answer.text !== undefined) this.#message.text.add(text(answer.text) ?? '');
    for (const part of list(said.content)) this.#takePart(record(part));
    this.#message.reasoning.add(text(said.tool_plan) ?? '');
    for (const each of list(said.tool_calls)) {
      const call = record(each);
      const called = record(call.function ?? call);
      this.#message.addTool(
        text(call.id),
        text(called.name),
        called.arguments ?? called.parameters,
      );
    }
    this.isComplete = true;
  }

  event(event: Json): boolean {
    const before = this.#message.amount;
    // The first API names its events by another key, and its last holds the whole answer.
    const type = event.type ?? event.event_type;
    const delta = record(event.delta);
    const said = record(delta.message);
    switch (type) {
      case 'message-start':
        this.#takeHead(event);
        break;
      case 'content-start':
      case 'content-delta':
        this.#takePart(record(said.content));
        break;
      case 'text-generation':
        this.#message.text.add(text(event.text) ?? '');
        break;
      case 'tool-plan-delta':
        this.#message.reasoning.add(text(said.tool_plan) ?? '');
        break;
      case 'tool-call-start':
      case 'tool-call-delta':
        this.#takeCall(event.index, record(said.tool_calls));
        break;
      case 'message-end':
        this.#takeHead(delta);
        if (delta.error !== undefined) this.failure = { message: delta.error };
        this.isComplete = true;
        break;
      case 'stream-end':
        this.#takeHead({ ...record(event.response), finish_reason: event.finish_reason });
        for (const each of list(record(event.response).tool_calls)) {
          this.#message.addTool(undefined, text(record(each).name), record(each).parameters);
        }
        this.isComplete = true;
        break;
    }
    return this.#message.amount > before;
  }

  added({ type, delta }: Json): TextAdded | undefined {
    const { content, tool_plan: plan } = record(record(delta).message);
    if (type === 'tool-plan-delta' && plan) {
      return { key: 'tool_plan', text: this.#message.reasoning };
    }
    const { text: said, thinking } = record(content);
    if (type !== 'content-delta' || thinking !== undefined || !said) return undefined;
    return { key: 'text', text: this.#message.text };
  }

  done(): void {}

  answer(): Answer {
    const { output, reasoning, finishReason } = this.#message;
    const { tokens } = record(this.#usage);
    return {
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: cohereTokens(this.#usage),
      metadata: { responseId: this.#id, finishReason, modelTokens: tokens },
    };
  }

  #takeHead(head: Json): void {
    this.#id = text(head.id) ?? text(head.response_id) ?? this.#id;
    this.#message.finishReason = text(head.finish_reason) ?? this.#message.finishReason;
    const usage = head.usage ?? head.meta;
    if (isRecord(usage)) this.#usage = usage;
  }

  #takePart(part: Json): void {
    this.#message.text.add(text(part.text) ?? '');
    this.#message.reasoning.add(text(part.thinking) ?? '');
  }

  #takeCall(index: unknown, call: Json): void {
    const tool = this.#message.tool(typeof index === 'number' ? index : 0);
    if (tool === undefined) return;
    const called = record(call.function);
    tool.id ??= text(call.id);
    tool.name ??= text(called.name);
    tool.arguments.add(text(called.arguments) ?? '');
  }
}

/** Those that are billed: Cohere does not bill all that its models read. */
function cohereTokens(usage: Json | undefined): TokenCounts | undefined {
  const counted = record(usage?.billed_units ?? usage?.tokens);
  const input = count(counted.input_tokens);
  const output = count(counted.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cached = count(usage?.cached_tokens);
  return {
    input,
    output,
    cached: cached !== undefined && cached <= (input ?? 0) ? cached : undefined,
  };
}
