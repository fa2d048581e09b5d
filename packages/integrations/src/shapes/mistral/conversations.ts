/** Mistral's `POST /conversations`: turns of a model or an agent that Mistral stores, with connectors that Mistral runs. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { Message } from '../reading/message.js';
import type { ModelResponse, ResponseReader, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { readMistralContent } from './content.js';
import { mistralBilling, mistralTokens, unknownMistralUsage } from './usage.js';

export const mistralConversation: Shape<'chat_completion'> = {
  operation: 'Conversation',
  type: 'chat_completion',
  matches: ({ url }) => /\/conversations(\/[^/]+(\/restart)?)?$/.test(url.pathname),
  describe: ({ params }) => {
    const { inputs, instructions, tools, model, agent_id: agent, completion_args: args } = params;
    const systemMessages =
      instructions === undefined ? [] : [{ role: 'system', content: instructions }];
    const inputMessages = Array.isArray(inputs) ? inputs : [{ role: 'user', content: inputs }];
    return {
      inputs: {
        prompt: [...systemMessages, ...(inputs === undefined ? [] : inputMessages)],
        ...(tools !== undefined && { tools }),
      },
      model: stringOrUndefined(model) ?? stringOrUndefined(agent),
      modelParameters: {
        ...fieldsExcept(
          params,
          'inputs',
          'instructions',
          'tools',
          'model',
          'agent_id',
          'completion_args',
        ),
        ...objectOrEmpty(args),
      },
    };
  },
  reader: () => new ConversationReader(),
};

const KNOWN = wordSet('object conversation_id outputs usage error');
const KNOWN_OF_EVENT = wordSet(`
  type created_at output_index content_index id model agent_id role content name tool_call_id
  arguments info conversation_id usage code message confirmation_status error object
  completed_at previous_agent_id previous_agent_name next_agent_id next_agent_name
`);
const MAX_ENTRIES = 256;

class ConversationReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  failure: unknown = undefined;
  readonly #message = new Message();
  /** The fields of tools and handoffs received so far, by their place. */
  readonly #entries = new Map<number, JsonObject>();
  readonly #unknown = new UnknownFields();
  #model: string | undefined;
  #agent: string | undefined;
  #id: string | undefined;
  #usage: JsonObject | undefined;

  get amount(): number {
    return this.#message.amount + this.#entries.size;
  }

  readWhole(body: unknown): void {
    const response = objectOrEmpty(body);
    this.failure = response.error ?? undefined;
    this.#id = stringOrUndefined(response.conversation_id);
    if (isJsonObject(response.usage)) this.#usage = response.usage;
    this.#unknown.add(response, KNOWN);
    for (const output of arrayOrEmpty(response.outputs)) this.#readOutput(objectOrEmpty(output));
    this.isComplete = true;
  }

  readEvent(event: JsonObject): boolean {
    const before = this.amount;
    const { type, output_index: place, content } = event;
    this.#unknown.add(event, KNOWN_OF_EVENT);
    this.#readModelAndAgent(event);
    switch (type) {
      case 'conversation.response.started':
        this.#id = stringOrUndefined(event.conversation_id);
        break;
      case 'conversation.response.done':
        if (isJsonObject(event.usage)) this.#usage = event.usage;
        this.isComplete = true;
        break;
      case 'conversation.response.error':
        this.failure = { code: String(event.code ?? 'error'), message: event.message };
        break;
      case 'message.output.delta':
        readMistralContent(this.#message, content ?? '');
        break;
      case 'function.call.delta':
        this.#readCall(event);
        break;
      default:
        this.#readEntry(typeof place === 'number' ? place : 0, event);
    }
    return this.amount > before;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const { output, reasoning } = this.#messageWithEntries;
    const tokens = mistralTokens(this.#usage);
    return {
      model: this.#model,
      output,
      reasoning: reasoning.textOrUndefined,
      tokens,
      billing: mistralBilling(this.#usage),
      metadata: {
        responseId: this.#id,
        agentId: this.#agent,
        otherUsage: unknownMistralUsage(this.#usage),
      },
      details: this.#unknown.fields,
    };
  }

  get #messageWithEntries(): Message {
    if (this.#entries.size === 0) return this.#message;
    const message = this.#message.copy();
    for (const entry of this.#entries.values()) message.addPart(entry);
    return message;
  }

  #readModelAndAgent({ model, agent_id: agent }: JsonObject): void {
    this.#model = stringOrUndefined(model) || this.#model;
    this.#agent = stringOrUndefined(agent) || this.#agent;
  }

  #readOutput(entry: JsonObject): void {
    const { type, content, ...unknown } = entry;
    this.#readModelAndAgent(entry);
    if (type === 'message.output') {
      readMistralContent(this.#message, content ?? '');
      this.#unknown.add(unknown, KNOWN_OF_EVENT);
    } else if (type === 'function.call') {
      this.#readCall(entry);
    } else {
      this.#message.addPart(entryFacts(entry));
    }
  }

  #readCall(call: JsonObject): void {
    const { tool_call_id: callId, name, arguments: args, confirmation_status: status } = call;
    const id = stringOrUndefined(callId) || undefined;
    const tool = this.#message.ensureToolOfPiece({
      index: undefined,
      id,
      name: stringOrUndefined(name),
    });
    if (tool === undefined) return;
    tool.identify(id, stringOrUndefined(name));
    tool.arguments.add(stringOrUndefined(args) ?? (isJsonObject(args) ? JSON.stringify(args) : ''));
    if (typeof status === 'string') tool.extend({ confirmation_status: status });
  }

  /** Reads one of several events of a tool or handoff. Its arguments are received in pieces. */
  #readEntry(place: number, event: JsonObject): void {
    const before = this.#entries.get(place);
    if (before === undefined && this.#entries.size >= MAX_ENTRIES) return;
    const { type, ...others } = entryFacts(event);
    const args = [before?.arguments, others.arguments].filter((each) => typeof each === 'string');
    this.#entries.set(place, {
      type: stringOrUndefined(type)?.replace(/\.(started|delta|done)$/, ''),
      ...before,
      ...others,
      ...(args.length > 0 && { arguments: args.join('') }),
    });
  }
}

/** An entry without the fields of no interest. */
function entryFacts(entry: JsonObject): JsonObject {
  return fieldsExcept(
    entry,
    'object',
    'created_at',
    'completed_at',
    'model',
    'agent_id',
    'output_index',
  );
}
