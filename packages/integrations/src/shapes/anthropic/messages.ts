/** Anthropic's `POST /v1/messages`, stable and beta, also on the clouds that offer it. */

import { percentDecoded } from '@openlayer-tracing/core/integration';
import { encryptedPlaceholder } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  fieldsExcept,
  fieldsNamed,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { Message } from '../reading/message.js';
import type {
  Description,
  ExtendedText,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { anthropicBilling, anthropicTokens, MergedUsage, unknownAnthropicUsage } from './usage.js';

export const anthropicMessages: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  // OpenAI's threads have such a path too.
  matches: ({ url, params }) =>
    url.pathname.endsWith('/messages') &&
    Array.isArray(params.messages) &&
    params.max_tokens !== undefined,
  describe: ({ params }) => describeMessages(params),
  reader: () => new MessagesReader(),
};

const VERTEX = /\/publishers\/anthropic\/models\/([^/:]+):(streamRawPredict|rawPredict)$/;

/** The same request on Google's Vertex AI, where the path names the model. */
export const vertexMessages: Shape<'chat_completion'> = {
  ...anthropicMessages,
  matches: ({ url, params }) => VERTEX.test(url.pathname) && params.max_tokens !== undefined,
  describe: ({ url, params }) => {
    const model = VERTEX.exec(url.pathname)?.[1];
    return { ...describeMessages(params), model: model && percentDecoded(model) };
  },
  reader: ({ url }) =>
    new MessagesReader(/\/locations\/([^/]+)\//.exec(url.pathname)?.[1] ?? undefined),
};

function describeMessages(params: JsonObject): Description {
  const { system, messages, tools } = params;
  const systemMessages = system === undefined ? [] : [{ role: 'system', content: system }];
  return {
    inputs: {
      prompt: [...systemMessages, ...arrayOrEmpty(messages)],
      ...(tools !== undefined && { tools }),
    },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'messages', 'system', 'tools'),
  };
}

/** Fields of a message that have a field of their own in the step. */
const KNOWN = wordArray('id type role model content usage stop_reason stop_sequence');
/** Fields that cannot have content. */
const WITHOUT_CONTENT = ['container', 'context_management', 'diagnostics'];
/** Events without any information. */
const SILENT = ['ping', 'vertex_event', 'content_block_stop'];

/** Reads a message, whole or from the events of a stream. */
export class MessagesReader implements ResponseReader {
  isComplete = false;
  isCompleteExceptEndMarker = false;
  readonly hasEndMarker = true;
  failure: unknown = undefined;
  readonly #message = new Message();
  readonly #usage = new MergedUsage();
  /** The region in the path; undefined if it has none. */
  readonly #region: string | undefined;
  #model: string | undefined;
  #id: string | undefined;
  #stopSequence: string | undefined;
  /** Fields of the message that have no field of their own in the step. */
  #unknown: JsonObject = {};
  #signatureChars = 0;
  /** The number of code executions by the provider, which its usage does not count. */
  #executions = 0;

  constructor(region?: string) {
    this.#region = region;
  }

  get amount(): number {
    return this.#message.amount;
  }

  get isOver(): boolean {
    return this.isComplete;
  }

  readWhole(body: unknown): void {
    const message = objectOrEmpty(body);
    if (message.type === 'error' || (message.error !== undefined && message.error !== null)) {
      this.failure = message.error ?? message;
      this.#addUnknown(fieldsExcept(message, 'type', 'error'));
    } else {
      this.#readHead(message);
      this.#readEnd(message);
      for (const each of arrayOrEmpty(message.content)) this.#readBlock(objectOrEmpty(each));
    }
    this.isComplete = true;
  }

  readEvent(event: JsonObject): boolean {
    const before = this.amount;
    switch (event.type) {
      case 'message_start': {
        const message = objectOrEmpty(event.message);
        this.#readHead(message);
        for (const each of arrayOrEmpty(message.content)) this.#readBlock(objectOrEmpty(each));
        // This event counts only the first tokens of the output.
        this.#usage.forget('output_tokens');
        this.#addUnknown(fieldsExcept(event, 'type', 'message'));
        break;
      }
      case 'content_block_start':
        this.#startBlock(event);
        break;
      case 'content_block_delta':
        this.#add(event);
        break;
      case 'message_delta': {
        const delta = objectOrEmpty(event.delta);
        this.#readEnd(delta);
        this.#addUnknown({
          ...fieldsExcept(delta, ...KNOWN),
          ...fieldsExcept(event, 'type', 'delta', 'usage'),
        });
        this.#usage.add(event.usage);
        if (typeof delta.stop_reason === 'string') this.isCompleteExceptEndMarker = true;
        break;
      }
      case 'message_stop':
        this.isComplete = true;
        this.#addUnknown(fieldsExcept(event, 'type', 'amazon-bedrock-invocationMetrics'));
        break;
      case 'error':
        this.failure = event.error ?? event;
        break;
      default:
        if (stringOrUndefined(event.type) !== undefined && !SILENT.includes(String(event.type))) {
          this.#readUnknownEvent(event);
        }
    }
    return this.amount > before;
  }

  extendedText({ type, index, delta }: JsonObject): ExtendedText | undefined {
    if (type !== 'content_block_delta') return undefined;
    const { text: deltaText, thinking, partial_json } = objectOrEmpty(delta);
    if (typeof deltaText === 'string') return { key: 'text', text: this.#message.text };
    if (typeof thinking === 'string') return { key: 'thinking', text: this.#message.reasoning };
    if (typeof partial_json !== 'string') return undefined;
    const tool = this.#message.ensureTool(indexOrZero(index));
    return tool && { key: 'partial_json', text: tool.arguments };
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const { output, reasoning, finishReason } = this.#message;
    const usage = this.#usage.value;
    return {
      model: this.#model,
      output,
      reasoning: reasoning.textOrUndefined,
      tokens: anthropicTokens(usage),
      billing: anthropicBilling(usage, {
        model: this.#model,
        region: this.#region,
        executions: this.#executions,
      }),
      metadata: {
        responseId: this.#id,
        finishReason,
        thinkingSignature:
          this.#signatureChars > 0 ? encryptedPlaceholder(this.#signatureChars) : undefined,
        usage: unknownAnthropicUsage(usage),
        ...fieldsNamed(this.#unknown, WITHOUT_CONTENT),
      },
      // The stop sequence is content: it repeats a part of the request.
      details: knownFirst(
        {
          stopSequence: this.#stopSequence,
        },
        fieldsExcept(this.#unknown, ...WITHOUT_CONTENT),
      ),
    };
  }

  #readHead(message: JsonObject): void {
    this.#model = stringOrUndefined(message.model);
    this.#id = stringOrUndefined(message.id);
    this.#usage.add(message.usage);
    this.#addUnknown(fieldsExcept(message, ...KNOWN));
  }

  #readEnd(fields: JsonObject): void {
    this.#message.setFinishReason(stringOrUndefined(fields.stop_reason));
    this.#stopSequence = stringOrUndefined(fields.stop_sequence) ?? this.#stopSequence;
    const explanation = stringOrUndefined(objectOrEmpty(fields.stop_details).explanation);
    if (fields.stop_reason === 'refusal') this.#message.setRefusal(explanation ?? 'refused');
  }

  #addUnknown(fields: JsonObject): void {
    this.#unknown = { ...this.#unknown, ...presentFields(fields) };
  }

  #readUnknownEvent(event: JsonObject): void {
    const place = `${event.type}:${event.index ?? ''}`;
    const isNew = !this.#message.hasPart(place);
    this.#message.ensurePart(place)?.add(isNew ? event : fieldsExcept(event, 'type', 'index'));
  }

  #startBlock({ index, content_block }: JsonObject): void {
    const block = objectOrEmpty(content_block);
    if (isToolUse(block)) {
      const tool = this.#message.ensureTool(indexOrZero(index));
      if (tool === undefined) return;
      this.#countExecution(block);
      tool.startWith(stringOrUndefined(block.id), stringOrUndefined(block.name), moreOfTool(block));
      // A complete input is not followed by pieces.
      const { input } = block;
      if (typeof input === 'string') tool.arguments.add(input);
      else if (Object.keys(objectOrEmpty(input)).length > 0)
        tool.arguments.add(JSON.stringify(input));
    } else if (isTextOrThinking(block)) this.#readBlock(block);
    else this.#message.ensurePart(indexOrZero(index))?.add(withoutRedacted(block));
  }

  #add({ index, delta: received }: JsonObject): void {
    const delta = objectOrEmpty(received);
    if (typeof delta.text === 'string') this.#message.text.add(delta.text);
    else if (typeof delta.thinking === 'string') this.#message.reasoning.add(delta.thinking);
    else if (typeof delta.partial_json === 'string') {
      this.#message.ensureTool(indexOrZero(index))?.arguments.add(delta.partial_json);
    } else if (delta.type === 'signature_delta') {
      this.#signatureChars += stringOrUndefined(delta.signature)?.length ?? 0;
    } else if (delta.citation !== undefined) this.#message.cite(delta.citation);
    else this.#message.ensurePart(indexOrZero(index))?.add(fieldsExcept(delta, 'type'));
  }

  #readBlock(block: JsonObject): void {
    const message = this.#message;
    if (isToolUse(block)) {
      this.#countExecution(block);
      message.addTool(
        stringOrUndefined(block.id),
        stringOrUndefined(block.name),
        block.input,
        moreOfTool(block),
      );
      return;
    }
    if (!isTextOrThinking(block)) {
      message.addPart(withoutRedacted(block));
      return;
    }
    message.text.add(stringOrUndefined(block.text) ?? '');
    message.reasoning.add(stringOrUndefined(block.thinking) ?? '');
    this.#signatureChars += stringOrUndefined(block.signature)?.length ?? 0;
    for (const citation of arrayOrEmpty(block.citations)) message.cite(citation);
    const more = presentFields(
      fieldsExcept(block, 'type', 'text', 'thinking', 'signature', 'citations'),
    );
    if (Object.keys(more).length > 0) message.addPart({ type: block.type, ...more });
  }

  #countExecution({ type, name }: JsonObject): void {
    if (type === 'server_tool_use' && /code_execution$/.test(String(name))) this.#executions++;
  }
}

function indexOrZero(index: unknown): number {
  return typeof index === 'number' ? index : 0;
}

function isTextOrThinking({ type }: JsonObject): boolean {
  return type === 'text' || type === 'thinking';
}

function isToolUse({ type }: JsonObject): boolean {
  return typeof type === 'string' && type.endsWith('tool_use');
}

/** The fields of a tool call other than its name and arguments. The type says whether the provider runs the tool. */
function moreOfTool(block: JsonObject): JsonObject {
  const more = presentFields(fieldsExcept(block, 'type', 'id', 'name', 'input'));
  return block.type === 'tool_use' ? more : { type: block.type, ...more };
}

function withoutRedacted(block: JsonObject): JsonObject {
  return block.type === 'redacted_thinking' && typeof block.data === 'string'
    ? { ...block, data: encryptedPlaceholder(block.data) }
    : block;
}
