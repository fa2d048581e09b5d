/** Mistral's `POST /conversations`: turns of a model or an agent that Mistral stores, with connectors that Mistral runs. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isRecord,
  type Json,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { nameSet } from '../../common/names.js';
import { Message } from '../reading/message.js';
import { OtherFacts } from '../reading/other-facts.js';
import type { ModelResponse, ResponseReader, Shape } from '../shape.js';
import { takeMistralContent } from './content.js';
import { mistralBilling, mistralTokens, otherMistralUsage } from './usage.js';

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

const READ = nameSet('object conversation_id outputs usage error');
const READ_OF_EVENT = nameSet(`
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
  readonly #entries = new Map<number, Json>();
  readonly #others = new OtherFacts();
  #model: string | undefined;
  #agent: string | undefined;
  #id: string | undefined;
  #usage: Json | undefined;

  get amount(): number {
    return this.#message.amount + this.#entries.size;
  }

  readWhole(body: unknown): void {
    const response = objectOrEmpty(body);
    this.failure = response.error ?? undefined;
    this.#id = stringOrUndefined(response.conversation_id);
    if (isRecord(response.usage)) this.#usage = response.usage;
    this.#others.add(response, READ);
    for (const output of arrayOrEmpty(response.outputs)) this.#take(objectOrEmpty(output));
    this.isComplete = true;
  }

  readEvent(event: Json): boolean {
    const before = this.amount;
    const { type, output_index: place, content } = event;
    this.#others.add(event, READ_OF_EVENT);
    this.#takeModelAndAgent(event);
    switch (type) {
      case 'conversation.response.started':
        this.#id = stringOrUndefined(event.conversation_id);
        break;
      case 'conversation.response.done':
        if (isRecord(event.usage)) this.#usage = event.usage;
        this.isComplete = true;
        break;
      case 'conversation.response.error':
        this.failure = { code: String(event.code ?? 'error'), message: event.message };
        break;
      case 'message.output.delta':
        takeMistralContent(this.#message, content ?? '');
        break;
      case 'function.call.delta':
        this.#takeCall(event);
        break;
      default:
        this.#takeEntry(typeof place === 'number' ? place : 0, event);
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
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens,
      billing: mistralBilling(this.#usage),
      metadata: {
        responseId: this.#id,
        agentId: this.#agent,
        otherUsage: otherMistralUsage(this.#usage),
      },
      details: this.#others.facts,
    };
  }

  get #messageWithEntries(): Message {
    if (this.#entries.size === 0) return this.#message;
    const message = this.#message.copy();
    for (const entry of this.#entries.values()) message.addPart(entry);
    return message;
  }

  #takeModelAndAgent({ model, agent_id: agent }: Json): void {
    this.#model = stringOrUndefined(model) || this.#model;
    this.#agent = stringOrUndefined(agent) || this.#agent;
  }

  #take(entry: Json): void {
    const { type, content, ...others } = entry;
    this.#takeModelAndAgent(entry);
    if (type === 'message.output') {
      takeMistralContent(this.#message, content ?? '');
      this.#others.add(others, READ_OF_EVENT);
    } else if (type === 'function.call') {
      this.#takeCall(entry);
    } else {
      this.#message.addPart(entryFacts(entry));
    }
  }

  #takeCall(call: Json): void {
    const { tool_call_id: callId, name, arguments: args, confirmation_status: status } = call;
    const id = stringOrUndefined(callId) || undefined;
    const tool = this.#message.ensureToolOfPiece({
      index: undefined,
      id,
      name: stringOrUndefined(name),
    });
    if (tool === undefined) return;
    tool.identify(id, stringOrUndefined(name));
    tool.arguments.add(stringOrUndefined(args) ?? (isRecord(args) ? JSON.stringify(args) : ''));
    if (typeof status === 'string') tool.extend({ confirmation_status: status });
  }

  /** Reads one of several events of a tool or handoff. Its arguments are received in pieces. */
  #takeEntry(place: number, event: Json): void {
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
function entryFacts(entry: Json): Json {
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
