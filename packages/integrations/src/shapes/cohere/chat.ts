/** Cohere's `POST /v2/chat` and `POST /v1/chat`. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray, wordSet } from '../../common/words.js';
import { mergeUsage } from '../reading/merge-usage.js';
import { Message } from '../reading/message.js';
import type { ExtendedText, ModelResponse, ResponseReader, Shape } from '../reading/shape.js';
import { hasPerTokenArray, joined, UnknownFields } from '../reading/unknown-fields.js';
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
        ...wordArray('model messages message preamble chat_history tools documents'),
      ),
    };
  },
  reader: () => new CohereReader(),
};

/** Matches finish reasons of answers that the model did not complete. */
export const FAILED_ENDS = /^(ERROR|TIMEOUT)/;

/** `chat_history` and `tool_call_delta` repeat the request. */
const KNOWN = wordSet(`
  id response_id generation_id finish_reason usage meta message text tool_calls error type
  event_type index delta is_finished response chat_history tool_call_delta
`);
const KNOWN_OF_MESSAGE = wordSet('role content tool_plan tool_calls citations');
const KNOWN_OF_DELTA = wordSet('message finish_reason usage error');
const MAX_CITATIONS = 1024;

/** An event with its log probabilities as an array of one item: a whole response has an array of such items. */
function withItems(event: JsonObject): JsonObject {
  const { logprobs } = event;
  return isJsonObject(logprobs) ? { ...event, logprobs: [logprobs] } : event;
}

class CohereReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  readonly #message = new Message();
  readonly #unknown = new UnknownFields();
  readonly #citations: unknown[] = [];
  #id: string | undefined;
  #generationId: string | undefined;
  #usage: JsonObject | undefined;
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
    this.#readHead(response);
    this.#unknown.add(response, KNOWN);
    const received = isJsonObject(response.message) ? response.message : response;
    if (typeof response.text === 'string') this.#message.text.add(response.text);
    else if (typeof response.message === 'string' && response.text === undefined) {
      // An error of version 1.
      this.#error ??= { message: response.message };
    }
    for (const part of arrayOrEmpty(received.content)) this.#readPart(objectOrEmpty(part));
    this.#message.reasoning.add(stringOrUndefined(received.tool_plan) ?? '');
    for (const call of arrayOrEmpty(received.tool_calls)) this.#addCall(objectOrEmpty(call));
    if (received !== response) {
      this.#cite(received.citations);
      this.#unknown.add(received, KNOWN_OF_MESSAGE);
    }
    this.isComplete = true;
  }

  readEvent(received: JsonObject): boolean {
    const event = withItems(received);
    const before = this.#message.amount;
    // Version 1 has the type under another key, and its last event contains the whole answer.
    const type = event.type ?? event.event_type;
    const delta = objectOrEmpty(event.delta);
    const piece = objectOrEmpty(delta.message);
    this.#unknown.add(event, KNOWN);
    this.#unknown.add(delta, KNOWN_OF_DELTA);
    this.#unknown.add(piece, KNOWN_OF_MESSAGE);
    switch (type) {
      case 'message-start':
      case 'stream-start':
        this.#readHead(event);
        break;
      case 'content-start':
      case 'content-delta':
        this.#readPart(objectOrEmpty(piece.content));
        break;
      case 'text-generation':
        this.#message.text.add(stringOrUndefined(event.text) ?? '');
        break;
      case 'tool-plan-delta':
        this.#message.reasoning.add(stringOrUndefined(piece.tool_plan) ?? '');
        break;
      case 'tool-call-start':
      case 'tool-call-delta':
        this.#readCall(event.index, objectOrEmpty(piece.tool_calls));
        break;
      case 'tool-calls-chunk':
        this.#readChunk(objectOrEmpty(event.tool_call_delta));
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
        this.#readHead(delta);
        if (delta.error !== undefined && delta.error !== null)
          this.#error = { message: delta.error };
        else this.isComplete = true;
        break;
      case 'stream-end':
        this.#readEnd(event);
        break;
    }
    return this.#message.amount > before;
  }

  extendedText(event: JsonObject): ExtendedText | undefined {
    const { type } = event;
    const delta = objectOrEmpty(event.delta);
    const message = objectOrEmpty(delta.message);
    const { content, tool_plan: plan } = message;
    if (hasPerTokenArray(withItems(event), KNOWN) || hasPerTokenArray(delta, KNOWN_OF_DELTA)) {
      return undefined;
    }
    if (hasPerTokenArray(message, KNOWN_OF_MESSAGE)) return undefined;
    if (type === 'tool-plan-delta' && plan) {
      return { key: 'tool_plan', text: this.#message.reasoning };
    }
    const { type: _type, text: contentText, thinking, ...unknown } = objectOrEmpty(content);
    if (type !== 'content-delta' || thinking !== undefined || !contentText) return undefined;
    if (Object.keys(unknown).length > 0) return undefined;
    return { key: 'text', text: this.#message.text };
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const { output, reasoning, finishReason } = this.#message;
    const { citations } = this.#unknown.fields;
    return {
      output,
      reasoning: reasoning.textOrUndefined,
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
        this.#unknown.fields,
      ),
    };
  }

  #readHead(head: JsonObject): void {
    this.#id = stringOrUndefined(head.id) ?? stringOrUndefined(head.response_id) ?? this.#id;
    this.#generationId = stringOrUndefined(head.generation_id) ?? this.#generationId;
    this.#message.setFinishReason(stringOrUndefined(head.finish_reason));
    const usage = head.usage ?? head.meta;
    if (isJsonObject(usage)) this.#usage = mergeUsage(this.#usage, usage);
  }

  /** The last event of version 1, which contains the whole answer. */
  #readEnd({ response: whole, finish_reason }: JsonObject): void {
    const response = objectOrEmpty(whole);
    this.#readHead({ ...response, ...(finish_reason !== undefined && { finish_reason }) });
    this.#unknown.add(response, KNOWN);
    if (this.#message.text.chars === 0)
      this.#message.text.add(stringOrUndefined(response.text) ?? '');
    this.#addCalls(response.tool_calls);
    this.isComplete = true;
  }

  #readPart(part: JsonObject): void {
    const { type, text: partText, thinking, ...unknown } = part;
    this.#message.text.add(stringOrUndefined(partText) ?? '');
    this.#message.reasoning.add(stringOrUndefined(thinking) ?? '');
    if (Object.keys(unknown).length > 0) this.#message.addPart({ type, ...unknown });
  }

  /** Adds the calls of version 1, which are sent in pieces, then complete, and once more at the end: only the first time. */
  #addCalls(calls: unknown): void {
    if (this.#hasCalls) return;
    for (const call of arrayOrEmpty(calls)) this.#addCall(objectOrEmpty(call));
    this.#hasCalls = arrayOrEmpty(calls).length > 0;
  }

  #readChunk({ index, name, parameters, text: planText }: JsonObject): void {
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

  #addCall(call: JsonObject): void {
    const { id, type: _type, function: nested, ...plain } = call;
    const { name, arguments: args, parameters, ...unknown } = isJsonObject(nested) ? nested : plain;
    this.#message.addTool(
      stringOrUndefined(id) || undefined,
      stringOrUndefined(name),
      args ?? parameters ?? {},
      nonEmptyObjectOrUndefined(unknown),
    );
  }

  #readCall(index: unknown, call: JsonObject): void {
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
      if (isJsonObject(each) && this.#citations.length < MAX_CITATIONS) this.#citations.push(each);
    }
  }
}
