/** Cohere's `POST /v2/chat` and `POST /v1/chat`. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isRecord,
  type Json,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { nameArray, nameSet } from '../../common/names.js';
import { mergeUsage } from '../reading/merge-usage.js';
import { Message } from '../reading/message.js';
import { growsWithEach, joined, OtherFacts } from '../reading/other-facts.js';
import type { ExtendedText, ModelResponse, ResponseReader, Shape } from '../shape.js';
import { cohereBilling, cohereMeta, cohereTokens, cohereWarnings } from './usage.js';

export const cohereChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url }) => /\/v[12]\/chat$/.test(url.pathname),
  describe: ({ params }) => {
    const { messages, message, preamble, chat_history, tools, documents } = params;
    const systemMessages = preamble === undefined ? [] : [{ role: 'system', content: preamble }];
    const messagesOfV1 = [
      ...systemMessages,
      ...arrayOrEmpty(chat_history),
      { role: 'user', content: message },
    ];
    return {
      inputs: {
        prompt: messages ?? messagesOfV1,
        ...(tools !== undefined && { tools }),
        ...(documents !== undefined && { documents }),
      },
      model: stringOrUndefined(params.model),
      modelParameters: fieldsExcept(
        params,
        ...nameArray('model messages message preamble chat_history tools documents'),
      ),
    };
  },
  reader: () => new CohereReader(),
};

/** Matches finish reasons of answers that the model did not complete. */
export const FAILED_ENDS = /^(ERROR|TIMEOUT)/;

/** `chat_history` and `tool_call_delta` repeat the request. */
const READ = nameSet(`
  id response_id generation_id finish_reason usage meta message text tool_calls error type
  event_type index delta is_finished response chat_history tool_call_delta
`);
const READ_OF_MESSAGE = nameSet('role content tool_plan tool_calls citations');
const READ_OF_DELTA = nameSet('message finish_reason usage error');
const MAX_CITATIONS = 1024;

/** An event with its log probabilities as an array of one item: a whole response has an array of such items. */
function withItems(event: Json): Json {
  const { logprobs } = event;
  return isRecord(logprobs) ? { ...event, logprobs: [logprobs] } : event;
}

class CohereReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  readonly #message = new Message();
  readonly #others = new OtherFacts();
  readonly #citations: unknown[] = [];
  #id: string | undefined;
  #generationId: string | undefined;
  #usage: Json | undefined;
  #error: unknown;
  #hasCalls = false;

  get failure(): unknown {
    if (this.#error !== undefined) return this.#error;
    const { finishReason } = this.#message;
    return finishReason !== undefined && FAILED_ENDS.test(finishReason)
      ? { type: finishReason, message: `the model stopped: ${finishReason}` }
      : undefined;
  }

  get amount(): number {
    return this.#message.amount;
  }

  readWhole(body: unknown): void {
    const response = objectOrEmpty(body);
    this.#error = response.error ?? undefined;
    this.#takeHead(response);
    this.#others.add(response, READ);
    const received = isRecord(response.message) ? response.message : response;
    if (typeof response.text === 'string') this.#message.text.add(response.text);
    else if (typeof response.message === 'string' && response.text === undefined) {
      // An error of version 1.
      this.#error ??= { message: response.message };
    }
    for (const part of arrayOrEmpty(received.content)) this.#takePart(objectOrEmpty(part));
    this.#message.reasoning.add(stringOrUndefined(received.tool_plan) ?? '');
    for (const call of arrayOrEmpty(received.tool_calls)) this.#addCall(objectOrEmpty(call));
    if (received !== response) {
      this.#cite(received.citations);
      this.#others.add(received, READ_OF_MESSAGE);
    }
    this.isComplete = true;
  }

  readEvent(received: Json): boolean {
    const event = withItems(received);
    const before = this.#message.amount;
    // Version 1 has the type under another key, and its last event contains the whole answer.
    const type = event.type ?? event.event_type;
    const delta = objectOrEmpty(event.delta);
    const piece = objectOrEmpty(delta.message);
    this.#others.add(event, READ);
    this.#others.add(delta, READ_OF_DELTA);
    this.#others.add(piece, READ_OF_MESSAGE);
    switch (type) {
      case 'message-start':
      case 'stream-start':
        this.#takeHead(event);
        break;
      case 'content-start':
      case 'content-delta':
        this.#takePart(objectOrEmpty(piece.content));
        break;
      case 'text-generation':
        this.#message.text.add(stringOrUndefined(event.text) ?? '');
        break;
      case 'tool-plan-delta':
        this.#message.reasoning.add(stringOrUndefined(piece.tool_plan) ?? '');
        break;
      case 'tool-call-start':
      case 'tool-call-delta':
        this.#takeCall(event.index, objectOrEmpty(piece.tool_calls));
        break;
      case 'tool-calls-chunk':
        this.#takeChunk(objectOrEmpty(event.tool_call_delta));
        this.#message.reasoning.add(stringOrUndefined(event.text) ?? '');
        break;
      case 'tool-calls-generation':
        this.#addCalls(event.tool_calls);
        if (this.#message.reasoning.chars === 0) {
          this.#message.reasoning.add(stringOrUndefined(event.text) ?? '');
        }
        break;
      case 'citation-start':
        this.#cite(piece.citations);
        break;
      case 'message-end':
        this.#takeHead(delta);
        if (delta.error !== undefined && delta.error !== null)
          this.#error = { message: delta.error };
        else this.isComplete = true;
        break;
      case 'stream-end':
        this.#takeEnd(event);
        break;
    }
    return this.#message.amount > before;
  }

  extendedText(event: Json): ExtendedText | undefined {
    const { type } = event;
    const delta = objectOrEmpty(event.delta);
    const message = objectOrEmpty(delta.message);
    const { content, tool_plan: plan } = message;
    if (growsWithEach(withItems(event), READ) || growsWithEach(delta, READ_OF_DELTA)) {
      return undefined;
    }
    if (growsWithEach(message, READ_OF_MESSAGE)) return undefined;
    if (type === 'tool-plan-delta' && plan) {
      return { key: 'tool_plan', text: this.#message.reasoning };
    }
    const { type: _type, text: contentText, thinking, ...others } = objectOrEmpty(content);
    if (type !== 'content-delta' || thinking !== undefined || !contentText) return undefined;
    if (Object.keys(others).length > 0) return undefined;
    return { key: 'text', text: this.#message.text };
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const { output, reasoning, finishReason } = this.#message;
    const { citations } = this.#others.facts;
    return {
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: cohereTokens(this.#usage),
      billing: cohereBilling(this.#usage),
      metadata: {
        responseId: this.#id,
        generationId: this.#generationId,
        finishReason,
        ...cohereMeta(this.#usage),
      },
      details: knownFirst(
        {
          ...cohereWarnings(this.#usage),
          ...(this.#citations.length > 0 && { citations: joined(citations, this.#citations) }),
        },
        this.#others.facts,
      ),
    };
  }

  #takeHead(head: Json): void {
    this.#id = stringOrUndefined(head.id) ?? stringOrUndefined(head.response_id) ?? this.#id;
    this.#generationId = stringOrUndefined(head.generation_id) ?? this.#generationId;
    this.#message.setFinishReason(stringOrUndefined(head.finish_reason));
    const usage = head.usage ?? head.meta;
    if (isRecord(usage)) this.#usage = mergeUsage(this.#usage, usage);
  }

  /** The last event of version 1, which contains the whole answer. */
  #takeEnd({ response: whole, finish_reason }: Json): void {
    const response = objectOrEmpty(whole);
    this.#takeHead({ ...response, ...(finish_reason !== undefined && { finish_reason }) });
    this.#others.add(response, READ);
    if (this.#message.text.chars === 0)
      this.#message.text.add(stringOrUndefined(response.text) ?? '');
    this.#addCalls(response.tool_calls);
    this.isComplete = true;
  }

  #takePart(part: Json): void {
    const { type, text: partText, thinking, ...others } = part;
    this.#message.text.add(stringOrUndefined(partText) ?? '');
    this.#message.reasoning.add(stringOrUndefined(thinking) ?? '');
    if (Object.keys(others).length > 0) this.#message.addPart({ type, ...others });
  }

  /** Adds the calls of version 1, which are sent in pieces, then complete, and once more at the end: only the first time. */
  #addCalls(calls: unknown): void {
    if (this.#hasCalls) return;
    for (const call of arrayOrEmpty(calls)) this.#addCall(objectOrEmpty(call));
    this.#hasCalls = arrayOrEmpty(calls).length > 0;
  }

  #takeChunk({ index, name, parameters, text: planText }: Json): void {
    this.#message.reasoning.add(stringOrUndefined(planText) ?? '');
    if (index === undefined && name === undefined && parameters === undefined) return;
    this.#hasCalls = true;
    const place = typeof index === 'number' ? index : undefined;
    const tool = this.#message.ensureToolOfPiece({
      index: place,
      id: undefined,
      name: stringOrUndefined(name),
    });
    if (tool === undefined) return;
    tool.identify(undefined, stringOrUndefined(name));
    tool.arguments.add(stringOrUndefined(parameters) ?? '');
  }

  #addCall(call: Json): void {
    const { id, type: _type, function: nested, ...plain } = call;
    const { name, arguments: args, parameters, ...more } = isRecord(nested) ? nested : plain;
    this.#message.addTool(
      stringOrUndefined(id) || undefined,
      stringOrUndefined(name),
      args ?? parameters ?? {},
      Object.keys(more).length > 0 ? more : undefined,
    );
  }

  #takeCall(index: unknown, call: Json): void {
    const { name, arguments: args } = objectOrEmpty(call.function);
    const id = stringOrUndefined(call.id) || undefined;
    const tool = this.#message.ensureToolOfPiece({
      index: typeof index === 'number' ? index : undefined,
      id,
      name: stringOrUndefined(name),
    });
    if (tool === undefined) return;
    tool.identify(id, stringOrUndefined(name));
    tool.arguments.add(stringOrUndefined(args) ?? '');
  }

  #cite(citations: unknown): void {
    for (const each of Array.isArray(citations) ? citations : [citations]) {
      if (isRecord(each) && this.#citations.length < MAX_CITATIONS) this.#citations.push(each);
    }
  }
}
