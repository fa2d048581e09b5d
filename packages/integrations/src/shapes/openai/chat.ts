/** `POST /chat/completions` of OpenAI and of services with the same API. */

import { type Billing, percentDecoded } from '@openlayer-tracing/core/integration';
import { bytesOfBase64 } from '../../common/content/media.js';
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
import { Message } from '../reading/message.js';
import { NumberedAnswers } from '../reading/numbered-answers.js';
import type {
  Description,
  ExtendedText,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { hasPerTokenArray, UnknownFields } from '../reading/unknown-fields.js';
import { dollars, OpenAIUsage, uncountedTools } from './usage.js';

export const openAIChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/chat/completions') &&
    (isUnread === true || Array.isArray(params.messages)),
  describe: ({ url, params }) => describeChat(url, params),
  reader: (request) => new ChatReader(request),
};

function describeChat(url: URL, params: JsonObject): Description {
  const { messages, tools, functions } = params;
  return {
    inputs: {
      prompt: messages,
      ...(tools !== undefined && { tools }),
      ...(functions !== undefined && { functions }),
    },
    model: stringOrUndefined(params.model) || deploymentOf(url),
    modelParameters: fieldsExcept(params, 'model', 'messages', 'tools', 'functions'),
  };
}

/** The name of the deployment in a path of Azure; undefined for any other path. */
export function deploymentOf(url: URL): string | undefined {
  const name = /\/deployments\/([^/]+)\//.exec(url.pathname)?.[1];
  return name === undefined ? undefined : percentDecoded(name);
}

const MAX_CHOICES = 256;

/** Fields of each level that are read, or of no interest. */
const KNOWN = wordSet(`
  id object created model choices usage service_tier x_groq error obfuscation
`);
const KNOWN_OF_CHOICE = wordSet('index message delta finish_reason error text');
const KNOWN_OF_MESSAGE = wordSet(`
  role content refusal tool_calls function_call audio images reasoning reasoning_content
`);
const KNOWN_OF_CALL = wordSet('index id type function custom');

class ChatReader implements ResponseReader {
  isComplete = false;
  isOver = false;
  failure: unknown = undefined;
  readonly #choices = new NumberedAnswers(MAX_CHOICES, () => new Choice());
  readonly #unknown = new UnknownFields();
  readonly #usage = new OpenAIUsage();
  readonly #params: JsonObject;
  #model: string | undefined;
  #id: string | undefined;
  #serviceTier: string | undefined;
  /** The cost that a gateway states beside the message and not in the usage, in US dollars. */
  #statedCost: number | undefined;

  constructor({ params }: ModelRequest) {
    this.#params = params;
  }

  get amount(): number {
    return this.#choices.sumOf(({ message }) => message.amount);
  }

  /** Some services do not send the last event. Then the stream is complete when everything that was requested has been received. */
  get hasEndMarker(): boolean {
    const isOpen = ({ message }: Choice) => message.finishReason === undefined;
    if (this.#choices.inOrder.some(isOpen)) return true;
    if (requestsUsage(this.#params) && this.#usage.tokens === undefined) return true;
    return this.#choices.size < Math.min(countOrUndefined(this.#params.n) || 1, MAX_CHOICES);
  }

  readWhole(body: unknown): void {
    this.isComplete = true;
    if (!isJsonObject(body)) return;
    this.#readHead(body);
    for (const [i, each] of arrayOrEmpty(body.choices).entries()) {
      const item = objectOrEmpty(each);
      this.#choices.ensure(item.index ?? i)?.readWhole(objectOrEmpty(item.message), item);
      this.#readBill(objectOrEmpty(item.message));
      this.#readFailure(item.error);
    }
  }

  readEvent(chunk: JsonObject): boolean {
    this.#readHead(chunk);
    let isContent = false;
    for (const each of arrayOrEmpty(chunk.choices)) {
      const item = objectOrEmpty(each);
      const choice = this.#choices.ensure(item.index ?? 0);
      this.#readBill(objectOrEmpty(item.delta ?? item.message));
      if (choice?.readDelta(objectOrEmpty(item.delta ?? item.message), item) === true)
        isContent = true;
      this.#readFailure(item.error);
    }
    return isContent;
  }

  extendedText(chunk: JsonObject): ExtendedText | undefined {
    const [first, ...others] = arrayOrEmpty(chunk.choices);
    const item = objectOrEmpty(first);
    const choice = this.#choices.get(item.index ?? 0);
    if (others.length > 0 || choice === undefined) return undefined;
    if (hasPerTokenArray(chunk, KNOWN) || hasPerTokenArray(item, KNOWN_OF_CHOICE)) return undefined;
    return textAdded(choice.message, objectOrEmpty(item.delta));
  }

  endOfEvents(): void {
    this.isComplete = this.isOver = true;
  }

  response(): ModelResponse {
    const choices = this.#choices.inOrder;
    const [first] = choices;
    const reasons = choices.map(({ message }) => message.finishReason ?? null);
    return {
      model: this.#model,
      output: this.#choices.outputOf(({ output }) => output),
      reasoning: first?.reasoning,
      tokens: this.#usage.tokens,
      billing: this.#billing,
      metadata: {
        responseId: this.#id,
        finishReason: first?.message.finishReason,
        ...(new Set(reasons).size > 1 && { finishReasons: reasons }),
        serviceTier: this.#serviceTier,
        reasoningTokens: this.#usage.reasoningTokens,
      },
      details: knownFirst(
        {
          ...(this.#usage.unknownFields && { usage: this.#usage.unknownFields }),
          ...(choices.length > 1 && choiceDetails(choices)),
        },
        { ...this.#unknown.fields, ...(choices.length <= 1 && first?.unknownFields) },
      ),
    };
  }

  get #billing(): Billing {
    // OpenAI bills one search for each call with this option.
    const searches = isJsonObject(this.#params.web_search_options) ? { web_search: 1 } : undefined;
    const { toolUses = searches, statedCost = this.#statedCost, ...billing } = this.#usage.billing;
    const uncounted = (statedCost ?? toolUses) ? undefined : uncountedTools(this.#params);
    return {
      ...billing,
      ...(statedCost !== undefined && { statedCost }),
      ...(uncounted && { uncountedTools: uncounted }),
      ...(this.#serviceTier && { serviceTier: this.#serviceTier }),
      ...(toolUses && { toolUses }),
    };
  }

  #readHead(chunk: JsonObject): void {
    this.#readFailure(chunk.error);
    // Some services send an error as the whole object.
    const isError = chunk.object === 'error' || chunk.type === 'error';
    const isMessage = typeof chunk.message === 'string' && chunk.code !== undefined;
    if (isError || isMessage) this.#readFailure(chunk);
    this.#model ||= stringOrUndefined(chunk.model);
    this.#id ||= stringOrUndefined(chunk.id);
    if (typeof chunk.service_tier === 'string') this.#serviceTier = chunk.service_tier;
    this.#unknown.add(chunk, KNOWN);
    // Groq has the usage and the errors of a stream in its own field.
    const { error, ...groq } = objectOrEmpty(chunk.x_groq);
    this.#usage.read(chunk.usage ?? groq.usage, chunk.model);
    this.#readFailure(error);
    const unknown = isJsonObject(chunk.usage) ? groq : fieldsExcept(groq, 'usage');
    this.#unknown.add({ x_groq: unknown });
  }

  #readBill({ provider_metadata: about }: JsonObject): void {
    if (about === undefined) return;
    const cost = dollars(objectOrEmpty(objectOrEmpty(about).gateway).cost) ?? 0;
    if (cost > 0) this.#statedCost = cost;
  }

  #readFailure(error: unknown): void {
    if (error !== undefined && error !== null) this.failure ??= error;
  }
}

/** Whether token counts are requested, which are the last event of a stream. */
export function requestsUsage({ stream_options }: JsonObject): boolean {
  return objectOrEmpty(stream_options).include_usage === true;
}

/** The other fields of several answers, one by one. */
function choiceDetails(choices: readonly Choice[]): JsonObject {
  const details = choices.map(({ unknownFields, reasoning }, i) => ({
    ...unknownFields,
    ...(i > 0 && reasoning !== undefined && { reasoning }),
  }));
  return details.some((each) => Object.keys(each).length > 0) ? { choices: details } : {};
}

/** One of the answers to a request. */
class Choice {
  readonly message = new Message();
  readonly #unknown = new UnknownFields();
  #audio: Audio | undefined;

  get output(): unknown {
    const { output } = this.message;
    return this.#audio === undefined ? output : this.#audio.addTo(output);
  }

  get reasoning(): string | undefined {
    const { reasoning } = this.message;
    return reasoning.textOrUndefined;
  }

  get unknownFields(): JsonObject {
    return this.#unknown.fields;
  }

  readWhole(received: JsonObject, choice: JsonObject): void {
    const { message } = this;
    this.#readFields(received, choice);
    for (const each of arrayOrEmpty(received.tool_calls)) {
      const call = objectOrEmpty(each);
      const called = objectOrEmpty(call.function ?? call.custom);
      const args = called.arguments ?? called.input;
      const tool = message.addTool(
        stringOrUndefined(call.id),
        stringOrUndefined(called.name),
        args,
        unknownFields(call, KNOWN_OF_CALL),
      );
      if (tool !== undefined && call.custom !== undefined) tool.markText();
    }
    if (isJsonObject(received.function_call)) {
      const { name, arguments: args } = received.function_call;
      message.addTool(undefined, stringOrUndefined(name), args);
    }
  }

  /** @returns whether the delta contained a part of the answer */
  readDelta(delta: JsonObject, choice: JsonObject): boolean {
    const { message } = this;
    const before = message.amount + (this.#audio?.amount ?? 0);
    this.#readFields(delta, choice);
    for (const each of arrayOrEmpty(delta.tool_calls)) readPiece(message, objectOrEmpty(each));
    if (isJsonObject(delta.function_call)) readPiece(message, { function: delta.function_call });
    const after = message.amount + (this.#audio?.amount ?? 0);
    return after > before || typeof delta.refusal === 'string';
  }

  /** Reads the fields that a message and a delta have in common. */
  #readFields(received: JsonObject, choice: JsonObject): void {
    const { message } = this;
    readOpenAIContent(message, received.content);
    message.reasoning.add(
      stringOrUndefined(received.reasoning_content) ?? stringOrUndefined(received.reasoning) ?? '',
    );
    if (typeof received.refusal === 'string') message.addRefusal(received.refusal);
    message.setFinishReason(stringOrUndefined(choice.finish_reason));
    for (const image of arrayOrEmpty(received.images)) message.addPart(image);
    if (isJsonObject(received.audio)) {
      this.#audio ??= new Audio();
      this.#audio.read(received.audio);
    }
    this.#unknown.add(choice, KNOWN_OF_CHOICE);
    this.#unknown.addPieces(received, KNOWN_OF_MESSAGE);
  }
}

/** The fields that are not known; undefined if there are none. */
function unknownFields(value: JsonObject, except: ReadonlySet<string>): JsonObject | undefined {
  const unknown = new UnknownFields();
  unknown.add(value, except);
  return Object.keys(unknown.fields).length > 0 ? unknown.fields : undefined;
}

/** Adds a content to the message: a string, or parts. */
function readOpenAIContent(message: Message, content: unknown): void {
  if (typeof content === 'string') message.text.add(content);
  for (const each of arrayOrEmpty(content)) {
    const part = objectOrEmpty(each);
    const { type, text: partText, thinking } = part;
    if (typeof each === 'string') message.text.add(each);
    else if (type === 'thinking' || type === 'reasoning') {
      const thoughts = arrayOrEmpty(thinking).map(
        (one) => stringOrUndefined(objectOrEmpty(one).text) ?? '',
      );
      message.reasoning.add(
        stringOrUndefined(thinking) ?? stringOrUndefined(partText) ?? thoughts.join(''),
      );
    } else if (type === 'refusal' && typeof part.refusal === 'string') {
      message.addRefusal(part.refusal);
    } else if (typeof partText === 'string') message.text.add(partText);
    else message.addPart(each);
  }
}

function readPiece(message: Message, call: JsonObject): void {
  const called = objectOrEmpty(call.function ?? call.custom);
  const id = stringOrUndefined(call.id) || undefined;
  const name = stringOrUndefined(called.name) || undefined;
  const tool = message.ensureToolOfPiece({ index: countOrUndefined(call.index), id, name });
  if (tool === undefined) return;
  tool.identify(id, name);
  if (call.custom !== undefined) tool.markText();
  const args = called.arguments ?? called.input ?? '';
  tool.arguments.add(typeof args === 'string' ? args : JSON.stringify(args));
  const unknown = unknownFields(call, KNOWN_OF_CALL);
  if (unknown !== undefined) tool.extend(unknown);
}

/** A spoken answer: its transcript and its size. */
class Audio {
  readonly #transcript = new CollectedText();
  readonly #unknown = new UnknownFields();
  #bytes = 0;

  get amount(): number {
    return this.#transcript.chars + this.#bytes;
  }

  read(audio: JsonObject): void {
    this.#transcript.add(stringOrUndefined(audio.transcript) ?? '');
    const { data } = audio;
    if (typeof data === 'string') this.#bytes += bytesOfBase64(data);
    this.#unknown.add(audio, KNOWN_OF_AUDIO);
  }

  /** Adds the audio to the output. The transcript becomes the content if there is no other content. */
  addTo(output: unknown): unknown {
    const transcript = this.#transcript.textOrUndefined;
    const sound = this.#bytes > 0 ? { data: `[audio, ${this.#bytes} bytes]` } : {};
    const parts = isJsonObject(output) ? output : output === undefined ? {} : { content: output };
    const isContent = parts.content === undefined;
    const audio = {
      ...this.#unknown.fields,
      ...sound,
      ...(!isContent && transcript !== undefined && { transcript }),
    };
    return {
      ...(isContent && transcript !== undefined && { content: transcript }),
      ...parts,
      parts: [...arrayOrEmpty(parts.parts), { audio }],
    };
  }
}

const KNOWN_OF_AUDIO = wordSet('transcript data');

/** The string that a delta extends; undefined if it extends several, or anything else. */
function textAdded(message: Message, delta: JsonObject): ExtendedText | undefined {
  const [only, ...rest] = Object.entries(delta).filter(([key, value]) =>
    key === 'role' || value === null ? false : Array.isArray(value) ? value.length > 0 : value,
  );
  if (only === undefined || rest.length > 0) return undefined;
  const [key, value] = only;
  if (key === 'content' && typeof value === 'string') return { key, text: message.text };
  if (key === 'reasoning' || key === 'reasoning_content') {
    return typeof value === 'string' ? { key, text: message.reasoning } : undefined;
  }
  if (key !== 'tool_calls') return undefined;
  const [call, ...calls] = arrayOrEmpty(value);
  const { index, id, function: called, custom, ...more } = objectOrEmpty(call);
  const { name, arguments: args } = objectOrEmpty(called);
  // A piece that may begin a call has to be read by `readEvent`.
  const isPiece = typeof args === 'string' && !id && !name && custom === undefined;
  if (calls.length > 0 || !isPiece || typeof index !== 'number') return undefined;
  if (Object.keys(more).some((name) => name !== 'type')) return undefined;
  return {
    key: 'arguments',
    // A later call may have the same index.
    get text() {
      return message.latestTool(index)?.arguments ?? new CollectedText();
    },
  };
}
