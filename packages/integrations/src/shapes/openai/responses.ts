/** OpenAI's `POST /responses`, and `POST /responses/compact`, which shortens a conversation. */

import type { Billing } from '@openlayer-tracing/core/integration';
import { bytesOfBase64, nameMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  fieldsNamed,
  isEmpty,
  isRecord,
  type Json,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { nameArray, nameSet } from '../../common/names.js';
import { CollectedText } from '../reading/collected-text.js';
import { Message } from '../reading/message.js';
import { joined, OtherFacts } from '../reading/other-facts.js';
import type {
  Description,
  ExtendedText,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../shape.js';
import { deploymentOf } from './chat.js';
import { OpenAIUsage, uncountedTools } from './usage.js';

/** Each request has one of these fields. A prompt may be stored, and a conversation may be continued without new input. */
const INPUT_KEYS = ['input', 'model', 'prompt', 'conversation', 'previous_response_id'] as const;

export const openAIResponses: Shape<'chat_completion'> = {
  operation: 'Response',
  type: 'chat_completion',
  matches: (request) => request.url.pathname.endsWith('/responses') && hasInput(request),
  describe: ({ url, params }) => describeResponse(url, params),
  reader: ({ params }) => new OpenAIResponseReader(params),
};

export const openAICompaction: Shape<'chat_completion'> = {
  ...openAIResponses,
  operation: 'Response Compaction',
  matches: (request) => request.url.pathname.endsWith('/responses/compact') && hasInput(request),
};

function hasInput({ params, isUnread }: ModelRequest): boolean {
  return isUnread === true || INPUT_KEYS.some((key) => params[key] !== undefined);
}

/** Describes a request. Instructions and an input that is a string become messages, like other prompts. */
function describeResponse(url: URL, params: Json): Description {
  const { input, instructions, tools, prompt: stored } = params;
  const { conversation, previous_response_id } = params;
  const inputMessages =
    typeof input === 'string' ? [{ role: 'user', content: input }] : arrayOrEmpty(input);
  const systemMessages =
    typeof instructions === 'string'
      ? [{ role: 'system', content: instructions }]
      : arrayOrEmpty(instructions);
  const prompt = [...systemMessages, ...inputMessages];
  return {
    inputs: {
      ...(prompt.length > 0 && { prompt }),
      ...definedFields({ tools, storedPrompt: stored, conversation, previous_response_id }),
    },
    model: stringOrUndefined(params.model) || deploymentOf(url),
    modelParameters: fieldsExcept(params, ...INPUTS),
  };
}

const INPUTS = nameArray('model input instructions tools prompt conversation previous_response_id');

/** Fields of a response that are read, or that repeat the request. */
const BODY = nameSet(`
  id object created_at completed_at status model output output_text usage error
  incomplete_details service_tier parallel_tool_calls temperature top_p tool_choice
  max_output_tokens max_tool_calls metadata prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning safety_identifier text top_logprobs truncation user
  background store stream frequency_penalty presence_penalty billing context_management
`);
/** Fields whose defaults are those of a stored prompt or response. They are recorded if the request does not have them. */
const STORED = nameArray('instructions tools prompt conversation previous_response_id');
const MESSAGE = nameSet('id type role status content');
const PART = nameSet('type text refusal annotations logprobs');
const CALL = nameSet('id type call_id name arguments input status');
const THOUGHT = nameSet('id type summary content status');

/** Events whose content other events repeat. */
const SILENT =
  /^(keepalive|ping)$|\.(created|queued|in_progress|done|added|searching|interpreting|generating|compacting|completed)$/;
const MAX_ITEMS = 256;

/** Reads a response, whole or from the events of a stream. */
export class OpenAIResponseReader implements ResponseReader {
  readonly hasEndMarker = true;
  isComplete = false;
  failure: unknown = undefined;
  /** The id by which the response can be fetched again; undefined until it has ended. */
  resultId: string | undefined;
  readonly #params: Json;
  /** The items of the stream. The last event repeats all of them. */
  #message = new ResponseMessage();
  readonly #facts = new OtherFacts();
  readonly #usage = new OpenAIUsage();
  readonly #events: Json[] = [];
  #body: Json = {};
  #model: string | undefined;
  #id: string | undefined;
  #serviceTier: string | undefined;
  #isStream = false;

  /** @param params the fields of the request */
  constructor(params: Json) {
    this.#params = params;
  }

  /** After the last event nothing more is read. */
  get isOver(): boolean {
    return this.isComplete && this.#isStream;
  }

  get amount(): number {
    return this.#message.amount;
  }

  /** The last received state of the response, without its output. */
  get body(): Json {
    return this.#body;
  }

  readWhole(body: unknown): void {
    this.isComplete = true;
    if (!isRecord(body)) return;
    this.#end(body);
  }

  readEvent(event: Json): boolean {
    this.#isStream = true;
    const message = this.#message;
    switch (event.type) {
      case 'response.output_text.delta':
        if (arrayOrEmpty(event.logprobs).length > 0) {
          message.facts.add({ logprobs: event.logprobs });
        }
        return addDelta(message.text, event.delta);
      case 'response.audio.transcript.delta':
        return addDelta(message.text, event.delta);
      case 'response.audio.delta':
        message.addAudio(stringOrUndefined(event.delta) ?? '');
        return true;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return addDelta(message.reasoning, event.delta);
      case 'response.refusal.delta':
        message.addRefusal(stringOrUndefined(event.delta) ?? '');
        return true;
      case 'response.output_text.annotation.added':
        message.facts.add({ annotations: [event.annotation] });
        return false;
      case 'response.output_item.added':
      case 'response.output_item.done':
        return message.takeItem(event);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        message.argumentsOf(event)?.add(stringOrUndefined(event.delta) ?? '');
        return true;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        this.#end(objectOrEmpty(event.response));
        this.isComplete = true;
        return false;
      case 'error':
        this.failure = event.error ?? fieldsExcept(event, 'type');
        return false;
      default:
        return this.#takeOther(event);
    }
  }

  extendedText(event: Json): ExtendedText | undefined {
    const key = 'delta';
    if (arrayOrEmpty(event.logprobs).length > 0) return undefined;
    switch (event.type) {
      case 'response.output_text.delta':
        return { key, text: this.#message.text };
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return { key, text: this.#message.reasoning };
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta': {
        const added = this.#message.argumentsOf(event);
        return added && { key, text: added };
      }
      default:
        return undefined;
    }
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const { output, reasoning, finishReason, facts, toolUses } = this.#message;
    const stored = STORED.filter(
      (key) => this.#params[key] === undefined && isStated(this.#body[key]),
    );
    return {
      model: this.#model,
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: this.#usage.tokens,
      billing: this.#billing(toolUses),
      metadata: {
        responseId: this.#id,
        finishReason,
        serviceTier: this.#serviceTier,
        reasoningTokens: this.#usage.reasoningTokens,
      },
      details: {
        ...fieldsNamed(this.#body, stored),
        ...this.#facts.facts,
        ...facts.facts,
        ...(this.#usage.others && { usage: this.#usage.others }),
        ...(this.#events.length > 0 && { events: this.#events }),
      },
    };
  }

  #billing(uses: Readonly<Record<string, number>>): Billing {
    const { web_search } = objectOrEmpty(this.#facts.facts.tool_usage);
    const searches = objectOrEmpty(web_search).num_requests;
    const { web_search: found, ...others } = uses;
    const times = typeof searches === 'number' ? searches : found;
    const toolUses = {
      ...others,
      ...(times !== undefined && times > 0 && { [this.#search]: times }),
      ...this.#usage.billing.toolUses,
    };
    const isCounted =
      this.#usage.billing.statedCost !== undefined || Object.keys(toolUses).length > 0;
    const uncounted = isCounted ? undefined : uncountedTools(this.#params);
    return {
      ...this.#usage.billing,
      ...(uncounted && { uncountedTools: uncounted }),
      ...(this.#serviceTier && { serviceTier: this.#serviceTier }),
      ...(Object.keys(toolUses).length > 0 && { toolUses }),
    };
  }

  /** The name of the requested search tool. Previews have a price of their own. */
  get #search(): string {
    const tools = arrayOrEmpty(this.#params.tools ?? this.#body.tools);
    const isPreview = tools.some((each) =>
      stringOrUndefined(objectOrEmpty(each).type)?.startsWith('web_search_preview'),
    );
    return isPreview ? 'web_search_preview' : 'web_search';
  }

  /** Reads events of tools that OpenAI runs, and unknown events. */
  #takeOther(event: Json): boolean {
    if (event.response !== undefined) this.#takeHead(objectOrEmpty(event.response));
    const type = stringOrUndefined(event.type) ?? '';
    if (this.#message.takePiece(type, event)) return true;
    if (SILENT.test(type) || event.response !== undefined) return false;
    if (this.#events.length < MAX_ITEMS) this.#events.push(nameMedia(event) as Json);
    return false;
  }

  #end(response: Json): void {
    this.#takeHead(response);
    this.#facts.add(fieldsExcept(response, ...STORED), BODY);
    const { status, error } = response;
    if (status === 'failed' || status === 'cancelled' || !isEmpty(error)) {
      this.failure ??= error ?? `the response was ${String(status)}`;
    }
    if (response.object === 'error') this.failure ??= response;
    const reason = stringOrUndefined(objectOrEmpty(response.incomplete_details).reason);
    // A filtered answer is missing; one that is too long is only cut.
    if (status === 'incomplete' && reason === 'content_filter') {
      this.failure ??= {
        type: 'incomplete',
        message: 'the response is incomplete: content_filter',
      };
    }
    const message = new ResponseMessage();
    for (const each of arrayOrEmpty(response.output)) message.takeWhole(objectOrEmpty(each));
    // If the response has no output, the items of the stream are kept.
    if (message.output !== undefined || this.#message.output === undefined) this.#message = message;
    this.#message.setFinishReason(reason ?? stringOrUndefined(status));
    const hasEnded = status !== 'queued' && status !== 'in_progress';
    if (hasEnded) this.resultId = this.#id;
  }

  #takeHead(response: Json): void {
    this.#body = fieldsExcept(response, 'output');
    this.#model = stringOrUndefined(response.model) ?? this.#model;
    this.#id = stringOrUndefined(response.id) ?? this.#id;
    this.#serviceTier = stringOrUndefined(response.service_tier) ?? this.#serviceTier;
    this.#usage.take(response.usage, response.model);
  }
}

/** Whether a response states a parameter: null and an empty array are its way to state none. */
function isStated(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function addDelta(to: CollectedText, delta: unknown): boolean {
  if (typeof delta !== 'string') return false;
  to.add(delta);
  return true;
}

/** An item that is neither a message nor a call of the app's tools: the work of OpenAI's own tools, or an unknown item. */
interface HostedItem {
  item: Json;
  /** The strings that are received in pieces, by name. */
  pieces: Map<string, CollectedText> | undefined;
}

/** Match events about the progress and the work of a hosted tool. */
const STATE = /_(?:call|tools)\.([a-z_]+(?<!partial_image))$/;
const PIECE = /_call_?([a-z_]*)\.(?:delta|partial_image)$/;

/** Tools that are billed per use, by the type of their items. */
const BILLED: Readonly<Record<string, string>> = {
  web_search_call: 'web_search',
  file_search_call: 'file_search',
  code_interpreter_call: 'code_interpreter',
  image_generation_call: 'image_generation',
  computer_call: 'computer',
  mcp_call: 'mcp',
  shell_call: 'shell',
};

/** Reads the items of a response. */
class ResponseMessage extends Message {
  readonly facts = new OtherFacts();
  readonly #items = new Map<string, HostedItem>();
  readonly #arguments = new Map<string, CollectedText>();
  /** The key of the last item at each place. */
  readonly #places = new Map<unknown, string>();

  /** The size of a spoken answer. */
  #audioBytes = 0;

  override get amount(): number {
    return super.amount + this.#items.size + this.#audioBytes;
  }

  override get output(): unknown {
    const output = super.output;
    const hosted: Json[] = [...this.#items.values()].map(({ item, pieces }) => ({
      ...item,
      ...Object.fromEntries([...(pieces ?? [])].map(([name, piece]) => [name, piece.toString()])),
    }));
    if (this.#audioBytes > 0) hosted.push({ audio: `[audio, ${this.#audioBytes} bytes]` });
    if (hosted.length === 0) return output;
    if (!isRecord(output)) {
      return output === undefined ? { parts: hosted } : { content: output, parts: hosted };
    }
    return { ...output, parts: [...arrayOrEmpty(output.parts), ...hosted] };
  }

  /** Adds a piece of a spoken answer, of which only the size is kept. */
  addAudio(base64: string): void {
    this.#audioBytes += bytesOfBase64(base64);
  }

  /** The number of uses of each tool that is billed per use. Opening a page is not counted as a search. */
  get toolUses(): Readonly<Record<string, number>> {
    const uses: Record<string, number> = {};
    for (const { item } of this.#items.values()) {
      const tool = BILLED[String(item.type)];
      const { type: action } = objectOrEmpty(item.action);
      if (tool === undefined || item.status === 'failed') continue;
      // The app's own shell costs nothing.
      const isHosted = /^container/.test(String(objectOrEmpty(item.environment).type));
      if (tool === 'shell' && !isHosted) continue;
      if (tool === 'web_search' && action !== undefined && action !== 'search') continue;
      uses[tool] = (uses[tool] ?? 0) + 1;
    }
    return uses;
  }

  /** Reads an item of a complete response. */
  takeWhole(item: Json): void {
    switch (item.type) {
      case 'message':
        this.facts.add(item, MESSAGE);
        for (const each of arrayOrEmpty(item.content)) this.#takePart(objectOrEmpty(each));
        return;
      case 'function_call':
      case 'custom_tool_call': {
        const args = item.arguments ?? item.input;
        const facts = new OtherFacts();
        facts.add(item, CALL);
        const id = stringOrUndefined(item.call_id) || stringOrUndefined(item.id);
        const tool = this.addTool(id, stringOrUndefined(item.name), args, facts.facts);
        if (tool !== undefined && item.type === 'custom_tool_call') tool.markText();
        return;
      }
      case 'reasoning':
        for (const each of [...arrayOrEmpty(item.summary), ...arrayOrEmpty(item.content)]) {
          this.reasoning.add(stringOrUndefined(objectOrEmpty(each).text) ?? '');
        }
        this.facts.add(item, THOUGHT);
        return;
      default:
        this.#keep(`#${this.#items.size}`, item);
    }
  }

  /**
   * Reads an item of a stream at its start or at its end.
   * @returns whether it contained a part of the answer
   */
  takeItem(event: Json): boolean {
    const item = objectOrEmpty(event.item);
    const key = this.#keyOfItem(item.id, event.output_index);
    switch (item.type) {
      case 'message':
      case 'reasoning': {
        const text = item.type === 'message' ? this.text : this.reasoning;
        const isWhole = event.type === 'response.output_item.done' && text.chars === 0;
        // Most services have sent the text in pieces before.
        if (isWhole) this.takeWhole(item);
        else this.facts.add(item, item.type === 'message' ? MESSAGE : THOUGHT);
        return isWhole;
      }
      case 'function_call':
      case 'custom_tool_call': {
        const tool = this.ensureTool(key);
        if (tool === undefined) return false;
        this.#arguments.set(key, tool.arguments);
        const id = stringOrUndefined(item.call_id) || stringOrUndefined(item.id) || undefined;
        tool.restate(id, stringOrUndefined(item.name) || undefined);
        if (item.type === 'custom_tool_call') tool.markText();
        const args = item.arguments ?? item.input;
        // Some services do not send the arguments in pieces.
        if (typeof args === 'string' && tool.arguments.chars === 0) tool.arguments.add(args);
        const facts = new OtherFacts();
        facts.add(item, CALL);
        tool.extend(facts.facts);
        return true;
      }
      default:
        this.#keep(key, item);
        return true;
    }
  }

  /** The collected arguments of a call. */
  argumentsOf({ item_id, output_index }: Json): CollectedText | undefined {
    const key = this.#keyOfPiece(item_id, output_index);
    return this.#arguments.get(key) ?? this.ensureTool(key)?.arguments;
  }

  /**
   * Reads a piece of the work of a hosted tool: `response.code_interpreter_call_code.delta`.
   * @returns whether the event was such a piece
   */
  takePiece(type: string, event: Json): boolean {
    const hosted = this.#items.get(this.#keyOfPiece(event.item_id, event.output_index));
    if (hosted === undefined) return false;
    const [, state] = STATE.exec(type) ?? [];
    if (state !== undefined) hosted.item = { ...hosted.item, status: state };
    const [, name] = PIECE.exec(type) ?? [];
    if (name === undefined) return state !== undefined;
    if (typeof event.delta === 'string') {
      hosted.pieces ??= new Map();
      const piece = hosted.pieces.get(name || 'delta') ?? new CollectedText();
      hosted.pieces.set(name || 'delta', piece);
      piece.add(event.delta);
      return true;
    }
    const progress = fieldsExcept(event, 'type', 'item_id', 'output_index', 'sequence_number');
    hosted.item = joined(hosted.item, nameMedia(progress)) as Json;
    return true;
  }

  #takePart(part: Json): void {
    if (typeof part.refusal === 'string') this.setRefusal(part.refusal);
    if (typeof part.text !== 'string' && part.type !== 'refusal') {
      this.addPart(part);
      return;
    }
    this.text.add(stringOrUndefined(part.text) ?? '');
    const { annotations, logprobs } = part;
    this.facts.add({ annotations, logprobs });
    this.facts.add(part, PART);
  }

  #keep(key: string, item: Json): void {
    const existing = this.#items.get(key);
    if (existing !== undefined) {
      existing.item = joined(existing.item, nameMedia(item)) as Json;
      // The complete item contains what was received in pieces.
      existing.pieces = undefined;
    } else if (this.#items.size < MAX_ITEMS) {
      this.#items.set(key, { item: nameMedia(item) as Json, pieces: undefined });
    }
  }

  /** Remembers the item at a place. @returns its key: its id, or its place if it has no id */
  #keyOfItem(id: unknown, place: unknown): string {
    const key = typeof id === 'string' && id !== '' ? id : `#${place}`;
    this.#places.set(place, key);
    return key;
  }

  /** The key of the item that a piece belongs to: the id that the piece states if there is such an item, else by its place. */
  #keyOfPiece(id: unknown, place: unknown): string {
    const isKnown =
      typeof id === 'string' && id !== '' && (this.#items.has(id) || this.#arguments.has(id));
    return isKnown ? id : (this.#places.get(place) ?? `#${place}`);
  }
}
