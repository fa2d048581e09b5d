/** OpenAI's `POST /responses`, and `POST /responses/compact`, which shortens a conversation. */

import type { Billing } from '@openlayer-tracing/core/integration';
import { withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  fieldsNamed,
  isEmpty,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray, wordSet } from '../../common/words.js';
import type { CollectedText } from '../reading/collected-text.js';
import type {
  Description,
  ExtendedText,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { deploymentOf } from './chat.js';
import { ResponseItems } from './response-items.js';
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
function describeResponse(url: URL, params: JsonObject): Description {
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

const INPUTS = wordArray('model input instructions tools prompt conversation previous_response_id');

/** Fields of a response that are read, or that repeat the request. */
const KNOWN = wordSet(`
  id object created_at completed_at status model output output_text usage error
  incomplete_details service_tier parallel_tool_calls temperature top_p tool_choice
  max_output_tokens max_tool_calls metadata prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning safety_identifier text top_logprobs truncation user
  background store stream frequency_penalty presence_penalty billing context_management
`);
/** Fields whose defaults are those of a stored prompt or response. They are recorded if the request does not have them. */
const STORED = wordArray('instructions tools prompt conversation previous_response_id');

/** Events whose content other events repeat. */
const SILENT =
  /^(keepalive|ping)$|\.(created|queued|in_progress|done|added|searching|interpreting|generating|compacting|completed)$/;
const MAX_EVENTS = 256;

/** Reads a response, whole or from the events of a stream. */
export class OpenAIResponseReader implements ResponseReader {
  readonly hasEndMarker = true;
  isComplete = false;
  failure: unknown = undefined;
  /** The id by which the response can be fetched again; undefined until it has ended. */
  resultId: string | undefined;
  readonly #params: JsonObject;
  /** The items of the stream. The last event repeats all of them. */
  #message = new ResponseItems();
  readonly #unknown = new UnknownFields();
  readonly #usage = new OpenAIUsage();
  readonly #events: JsonObject[] = [];
  #body: JsonObject = {};
  #model: string | undefined;
  #id: string | undefined;
  #serviceTier: string | undefined;
  #isStream = false;

  /** @param params the fields of the request */
  constructor(params: JsonObject) {
    this.#params = params;
  }

  /** After the last event nothing more is read. */
  get isOver(): boolean {
    return this.isComplete && this.#isStream;
  }

  get acceptedId(): string | undefined {
    return this.resultId === undefined ? this.#id : undefined;
  }

  get amount(): number {
    return this.#message.amount;
  }

  /** The last received state of the response, without its output. */
  get body(): JsonObject {
    return this.#body;
  }

  readWhole(body: unknown): void {
    this.isComplete = true;
    if (!isJsonObject(body)) return;
    this.#end(body);
  }

  readEvent(event: JsonObject): boolean {
    this.#isStream = true;
    const message = this.#message;
    switch (event.type) {
      case 'response.output_text.delta':
        if (arrayOrEmpty(event.logprobs).length > 0) {
          message.unknown.add({ logprobs: event.logprobs });
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
        message.unknown.add({ annotations: [event.annotation] });
        return false;
      case 'response.output_item.added':
      case 'response.output_item.done':
        return message.readItem(event);
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
        return this.#readOther(event);
    }
  }

  extendedText(event: JsonObject): ExtendedText | undefined {
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
    const { output, reasoning, finishReason, unknown, toolUses } = this.#message;
    const stored = STORED.filter(
      (key) => this.#params[key] === undefined && isStated(this.#body[key]),
    );
    return {
      model: this.#model,
      output,
      reasoning: reasoning.textOrUndefined,
      tokens: this.#usage.tokens,
      billing: this.#billing(toolUses),
      metadata: {
        responseId: this.#id,
        finishReason,
        serviceTier: this.#serviceTier,
        reasoningTokens: this.#usage.reasoningTokens,
      },
      details: knownFirst(
        {
          ...(this.#usage.unknownFields && { usage: this.#usage.unknownFields }),
          ...(this.#events.length > 0 && { events: this.#events }),
        },
        { ...fieldsNamed(this.#body, stored), ...this.#unknown.fields, ...unknown.fields },
      ),
    };
  }

  #billing(uses: Readonly<Record<string, number>>): Billing {
    const { web_search } = objectOrEmpty(this.#unknown.fields.tool_usage);
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
  #readOther(event: JsonObject): boolean {
    if (event.response !== undefined) this.#readHead(objectOrEmpty(event.response));
    const type = stringOrUndefined(event.type) ?? '';
    if (this.#message.readPiece(type, event)) return true;
    if (SILENT.test(type) || event.response !== undefined) return false;
    if (this.#events.length < MAX_EVENTS) this.#events.push(withoutMedia(event) as JsonObject);
    return false;
  }

  #end(response: JsonObject): void {
    this.#readHead(response);
    this.#unknown.add(fieldsExcept(response, ...STORED), KNOWN);
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
    const message = new ResponseItems();
    for (const each of arrayOrEmpty(response.output)) message.readWhole(objectOrEmpty(each));
    // If the response has no output, the items of the stream are kept.
    if (message.output !== undefined || this.#message.output === undefined) this.#message = message;
    this.#message.setFinishReason(reason ?? stringOrUndefined(status));
    const hasEnded = status !== 'queued' && status !== 'in_progress';
    if (hasEnded) this.resultId = this.#id;
  }

  #readHead(response: JsonObject): void {
    this.#body = fieldsExcept(response, 'output');
    this.#model = stringOrUndefined(response.model) ?? this.#model;
    this.#id = stringOrUndefined(response.id) ?? this.#id;
    this.#serviceTier = stringOrUndefined(response.service_tier) ?? this.#serviceTier;
    this.#usage.read(response.usage, response.model);
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
