/** OpenAI's `POST /responses`. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { type Json, list, record, text, without } from '../common/json.js';
import { Message } from './message.js';
import { openAIReasoningTokens, openAITokens } from './openai-usage.js';
import type { Answer, AnswerReader, Description, Shape, TextAdded } from './shape.js';

export const openAIResponses: Shape<'chat_completion'> = {
  operation: 'Response',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/responses') && (params.input !== undefined || 'model' in params),
  describe: ({ params }) => describeResponse(params),
  reader: () => new ResponseReader(),
};

/** The instructions and a bare text become messages, as other prompts are. */
function describeResponse(params: Json): Description {
  const { input, instructions, tools } = params;
  const asked = typeof input === 'string' ? [{ role: 'user', content: input }] : list(input);
  const told = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  return {
    inputs: { prompt: [...told, ...asked], ...(tools !== undefined && { tools }) },
    model: text(params.model),
    modelParameters: without(params, 'model', 'input', 'instructions', 'tools'),
  };
}

class ResponseReader implements AnswerReader {
  isComplete = false;
  failure: unknown = undefined;
  /** What the stream brought; the last event repeats all of it. */
  #message = new Message();
  #model: string | undefined;
  #id: string | undefined;
  #serviceTier: string | undefined;
  #tokens: TokenCounts | undefined;
  #reasoningTokens: number | undefined;

  get amount(): number {
    return this.#message.amount;
  }

  whole(body: unknown): void {
    this.#takeHead(record(body));
    this.#takeOutput(record(body));
    this.isComplete = true;
  }

  event(event: Json): boolean {
    switch (event.type) {
      case 'response.output_text.delta':
        return this.#add(this.#message.text, event.delta);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#add(this.#message.reasoning, event.delta);
      case 'response.refusal.delta':
        this.#message.refusal = (this.#message.refusal ?? '') + (text(event.delta) ?? '');
        return true;
      case 'response.output_item.added':
        return this.#begin(event);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#message.tool(place(event))?.arguments.add(text(event.delta) ?? '');
        return true;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        this.#end(record(event.response));
        return false;
      case 'error':
        this.failure = event.error ?? event;
        return false;
      default:
        if (event.response !== undefined) this.#takeHead(record(event.response));
        return false;
    }
  }

  added(event: Json): TextAdded | undefined {
    const key = 'delta';
    switch (event.type) {
      case 'response.output_text.delta':
        return { key, text: this.#message.text };
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return { key, text: this.#message.reasoning };
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta': {
        const tool = this.#message.tool(place(event));
        return tool && { key, text: tool.arguments };
      }
      default:
        return undefined;
    }
  }

  done(): void {}

  answer(): Answer {
    const { output, reasoning, finishReason } = this.#message;
    return {
      model: this.#model,
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: this.#tokens,
      metadata: {
        responseId: this.#id,
        finishReason,
        serviceTier: this.#serviceTier,
        reasoningTokens: this.#reasoningTokens,
      },
    };
  }

  #add(to: { add(piece: string): void }, delta: unknown): boolean {
    if (typeof delta !== 'string') return false;
    to.add(delta);
    return true;
  }

  #begin(event: Json): boolean {
    const item = record(event.item);
    if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return false;
    const tool = this.#message.tool(place(event));
    if (tool === undefined) return false;
    tool.id = text(item.call_id) ?? text(item.id);
    tool.name = text(item.name);
    return true;
  }

  #end(response: Json): void {
    this.isComplete = true;
    this.#takeHead(response);
    if (response.status === 'failed') this.failure = response.error ?? 'the response failed';
    else this.#takeOutput(response);
  }

  #takeHead(response: Json): void {
    this.#model = text(response.model) ?? this.#model;
    this.#id = text(response.id) ?? this.#id;
    this.#serviceTier = text(response.service_tier) ?? this.#serviceTier;
    this.#tokens = openAITokens(response.usage) ?? this.#tokens;
    this.#reasoningTokens = openAIReasoningTokens(response.usage) ?? this.#reasoningTokens;
  }

  #takeOutput(response: Json): void {
    const message = new Message();
    for (const each of list(response.output)) takeItem(message, record(each));
    const reason = text(record(response.incomplete_details).reason);
    message.finishReason = reason ?? text(response.status);
    // A response that tells nothing of its output leaves what the stream brought.
    if (message.output !== undefined || this.#message.output === undefined) this.#message = message;
    else this.#message.finishReason = message.finishReason;
  }
}

function takeItem(message: Message, item: Json): void {
  switch (item.type) {
    case 'message':
      for (const each of list(item.content)) {
        const part = record(each);
        message.text.add(text(part.text) ?? '');
        if (typeof part.refusal === 'string') message.refusal = part.refusal;
      }
      return;
    case 'function_call':
    case 'custom_tool_call':
      message.addTool(text(item.call_id), text(item.name), item.arguments ?? item.input);
      return;
    case 'reasoning':
      for (const each of [...list(item.summary), ...list(item.content)]) {
        message.reasoning.add(text(record(each).text) ?? '');
      }
      return;
    default:
      // Searches, images and the like, which OpenAI's own tools bring.
      message.others.push(item);
  }
}

function place(event: Json): number {
  return typeof event.output_index === 'number' ? event.output_index : 0;
}
