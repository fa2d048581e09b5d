/** Google's `POST /interactions`: one turn of a model or an agent, in steps. */

import { RememberedIds } from '../../common/calls/remembered-ids.js';
import { bytesOfBase64, encryptedPlaceholder } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
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
import type { Description, ModelResponse, ResponseReader, Shape } from '../reading/shape.js';
import { joined, UnknownFields } from '../reading/unknown-fields.js';
import { interactionBilling, interactionTokens } from './interaction-usage.js';

export const geminiInteraction: Shape<'chat_completion'> = {
  operation: 'Interaction',
  type: 'chat_completion',
  matches: ({ url }) => /\/interactions$/.test(url.pathname),
  describe: ({ params }) => describeInteraction(params),
  reader: () => new InteractionReader(),
};

/** Describes a turn by the fields of its request. */
export function describeInteraction(params: JsonObject): Description {
  const { input, system_instruction: system, tools, model, agent } = params;
  const systemMessages = system === undefined ? [] : [{ role: 'system', content: system }];
  return {
    inputs: {
      prompt: [...systemMessages, ...turnsOf(input)],
      ...(tools !== undefined && { tools }),
    },
    model: stringOrUndefined(model) ?? stringOrUndefined(agent),
    modelParameters: {
      ...fieldsExcept(params, 'model', 'input', 'system_instruction', 'tools', 'generation_config'),
      ...objectOrEmpty(params.generation_config),
    },
  };
}

/** The messages of an input: a string, contents of the user, or the steps of a conversation. */
function turnsOf(input: unknown): readonly object[] {
  if (input === undefined) return [];
  const items = Array.isArray(input) ? input : [input];
  const isSteps = items.some((item) =>
    /_(input|output|call|result)$|^thought$/.test(itemType(item)),
  );
  if (!isSteps) return [{ role: 'user', content: input }];
  return items.map((item) => {
    const { type, content } = objectOrEmpty(item);
    if (type === 'user_input') return { role: 'user', content };
    if (type === 'model_output') return { role: 'model', content };
    return { role: itemType(item).endsWith('_result') ? 'tool' : 'model', content: item };
  });
}

function itemType(item: unknown): string {
  return stringOrUndefined(objectOrEmpty(item).type) ?? '';
}

const MAX_STEPS = 512;
/** Fields that are read, and fields in which a response repeats its request. */
const KNOWN = wordSet(`
  id model status steps usage service_tier object agent_config cached_content environment
  generation_config input labels response_format response_mime_type response_modalities
  safety_settings system_instruction tools webhook_config
`);
const KNOWN_OF_EVENT = wordSet(`
  event_type event_id interaction index step delta error status usage interaction_id
  step_usage metadata
`);
const KNOWN_OF_USAGE = wordArray(`
  total_input_tokens total_output_tokens total_thought_tokens total_tokens total_cached_tokens
  grounding_tool_count
`);

const UNDONE = /^(in_progress|queued)$/;

/** The background turns whose result has not been seen. */
const pendingTurns = new RememberedIds('integrations.pending-interactions.v1');

/** Whether the turn was requested in the background, and its result has not been seen. */
export function isPending(id: string): boolean {
  return pendingTurns.has(id);
}

/** A step that is received in pieces. */
interface OpenStep {
  facts: JsonObject;
  /** The size of the images and audio received so far. */
  mediaBytes: number;
}

/** Reads a turn, whole or from the events of a stream. */
export class InteractionReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  readonly #message = new Message();
  readonly #steps = new Map<number, OpenStep>();
  readonly #unknown = new UnknownFields();
  readonly #annotations: unknown[] = [];
  readonly #signatures: string[] = [];
  #repeatedRequest: JsonObject = {};
  #id: string | undefined;
  #model: string | undefined;
  #status: string | undefined;
  #tier: string | undefined;
  #usage: JsonObject | undefined;
  #error: unknown;

  get isOver(): boolean {
    return this.#error !== undefined;
  }

  get failure(): unknown {
    if (this.#error !== undefined) return this.#error;
    if (this.#status !== 'failed') return undefined;
    const [first] = arrayOrEmpty(this.#unknown.fields.errors);
    const { code, message } = objectOrEmpty(first);
    return {
      type: stringOrUndefined(code) ?? 'failed',
      message: stringOrUndefined(message) ?? 'the interaction failed',
    };
  }

  get amount(): number {
    let amount = this.#message.amount;
    for (const step of this.#steps.values()) if (hasContent(step)) amount++;
    return amount;
  }

  readWhole(body: unknown): void {
    const { error, ...interaction } = objectOrEmpty(body);
    if (error !== undefined && error !== null) this.#error = error;
    this.#readHead(interaction);
    for (const step of arrayOrEmpty(interaction.steps)) this.#readStep(objectOrEmpty(step));
    this.isComplete = true;
    this.#rememberIfPending();
  }

  /** The fields of the request that the response repeats. */
  get repeatedRequest(): JsonObject {
    return this.#repeatedRequest;
  }

  /** The id by which the turn can be fetched again; undefined until it is done. */
  get resultId(): string | undefined {
    return UNDONE.test(this.#status ?? 'queued') ? undefined : this.#id;
  }

  get acceptedId(): string | undefined {
    return this.resultId === undefined ? this.#id : undefined;
  }

  readEvent(event: JsonObject): boolean {
    const before = this.#received;
    const { error, interaction, index, step, delta } = event;
    if (error !== undefined && error !== null) this.#error = error;
    this.#unknown.add(event, KNOWN_OF_EVENT);
    this.#status = stringOrUndefined(event.status) ?? this.#status;
    this.#id ??= stringOrUndefined(event.interaction_id);
    const { total_usage: usage } = objectOrEmpty(event.metadata);
    this.#readUsage(event.usage ?? usage);
    if (isJsonObject(interaction)) {
      this.#readHead(interaction);
      this.#rememberIfPending();
      if (this.#received === 0) {
        for (const each of arrayOrEmpty(interaction.steps)) this.#readStep(objectOrEmpty(each));
      }
    }
    const place = typeof index === 'number' ? index : 0;
    if (isJsonObject(step)) this.#startStep(place, step);
    if (isJsonObject(delta)) this.#readDelta(place, delta);
    if (event.event_type === 'step.stop') this.#endStep(place);
    if (event.event_type === 'interaction.completed') this.isComplete = true;
    return this.#received > before;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const { output, reasoning } = this.#messageSoFar;
    const unknownUsage = fieldsExcept(this.#usage ?? {}, ...KNOWN_OF_USAGE);
    return {
      model: this.#model,
      output,
      reasoning: reasoning.textOrUndefined,
      tokens: interactionTokens(this.#usage),
      billing: interactionBilling(this.#usage, this.#tier),
      metadata: {
        responseId: this.#id,
        finishReason: this.#status,
        reasoningTokens: countOrUndefined(this.#usage?.total_thought_tokens),
        otherUsage: nonEmptyObjectOrUndefined(unknownUsage),
      },
      details: knownFirst(
        {
          ...(this.#annotations.length > 0 && { annotations: this.#annotations }),
          ...(this.#signatures.length > 0 && { thoughtSignatures: this.#signatures }),
        },
        this.#unknown.fields,
      ),
    };
  }

  /** Increases with what is received, also with the start of a step that has no content yet. */
  get #received(): number {
    return this.#message.amount + this.#steps.size;
  }

  /** The message with the steps that have not ended. */
  get #messageSoFar(): Message {
    if (this.#steps.size === 0) return this.#message;
    const message = this.#message.copy();
    for (const [place, step] of this.#steps) addStep(message, place, step);
    return message;
  }

  /** Remembers a turn whose result will be fetched. */
  #rememberIfPending(): void {
    if (this.#id !== undefined && UNDONE.test(this.#status ?? '')) pendingTurns.remember(this.#id);
  }

  #readHead(interaction: JsonObject): void {
    this.#id = stringOrUndefined(interaction.id) || this.#id;
    this.#model =
      stringOrUndefined(interaction.model) ?? stringOrUndefined(interaction.agent) ?? this.#model;
    this.#status = stringOrUndefined(interaction.status) ?? this.#status;
    this.#tier = stringOrUndefined(interaction.service_tier) ?? this.#tier;
    this.#readUsage(interaction.usage);
    this.#unknown.add(interaction, KNOWN);
    const { model, agent, input, tools, system_instruction, generation_config } = interaction;
    const repeated = { model, agent, input, tools, system_instruction, generation_config };
    this.#repeatedRequest = { ...this.#repeatedRequest, ...definedFields(repeated) };
  }

  #readUsage(usage: unknown): void {
    if (isJsonObject(usage)) this.#usage = mergeUsage(this.#usage, usage);
  }

  #readStep(step: JsonObject): void {
    const { type, content, summary, signature, ...others } = step;
    this.#addSignature(signature);
    if (type === 'user_input') return;
    if (type === 'thought') {
      for (const each of arrayOrEmpty(summary))
        this.#readContent(this.#message.reasoning, objectOrEmpty(each));
      if (Object.keys(others).length > 0) this.#message.addPart({ type, ...others });
    } else if (type === 'model_output') {
      for (const each of arrayOrEmpty(content))
        this.#readContent(this.#message.text, objectOrEmpty(each));
      if (Object.keys(others).length > 0) this.#message.addPart({ type, ...others });
    } else if (type === 'function_call') {
      const { id, name, arguments: args, ...unknown } = others;
      this.#message.addTool(
        stringOrUndefined(id) || undefined,
        stringOrUndefined(name),
        args ?? {},
      );
      if (Object.keys(unknown).length > 0) this.#message.addPart({ type, ...unknown });
    } else {
      this.#message.addPart(definedFields({ type, content, summary, ...others }));
    }
  }

  #startStep(place: number, step: JsonObject): void {
    if (this.#steps.size >= MAX_STEPS || step.type === 'user_input') return;
    const { type, content, summary, signature, ...others } = step;
    this.#addSignature(signature);
    for (const each of arrayOrEmpty(content))
      this.#readContent(this.#message.text, objectOrEmpty(each));
    for (const each of arrayOrEmpty(summary))
      this.#readContent(this.#message.reasoning, objectOrEmpty(each));
    if (type === 'function_call') {
      const id = stringOrUndefined(others.id) || undefined;
      this.#message.ensureTool(place)?.startWith(id, stringOrUndefined(others.name));
    }
    this.#steps.set(place, { facts: { type, ...others }, mediaBytes: 0 });
  }

  #readDelta(place: number, delta: JsonObject): void {
    const { type, signature, annotations, ...others } = delta;
    this.#addSignature(signature);
    this.#annotate(annotations);
    let open = this.#steps.get(place);
    if (type === 'text') {
      this.#message.text.add(stringOrUndefined(others.text) ?? '');
    } else if (type === 'thought_summary') {
      this.#readContent(this.#message.reasoning, objectOrEmpty(others.content));
    } else if (type === 'arguments_delta') {
      this.#message.ensureTool(place)?.arguments.add(stringOrUndefined(others.arguments) ?? '');
    } else if (Object.keys(others).length > 0) {
      if (open === undefined) this.#startStep(place, { type });
      open = this.#steps.get(place);
      if (open === undefined) return;
      const { data, ...facts } = others;
      if (typeof data === 'string') open.mediaBytes += bytesOfBase64(data);
      else if (data !== undefined) Object.assign(facts, { data });
      const added = open.facts.type === 'model_output' ? { content: { type, ...facts } } : facts;
      open.facts = objectOrEmpty(joined(open.facts, added));
    }
  }

  #endStep(place: number): void {
    const step = this.#steps.get(place);
    if (step === undefined) return;
    this.#steps.delete(place);
    addStep(this.#message, place, step);
  }

  #readContent(into: Message['text'], content: JsonObject): void {
    const { type, text: contentText, annotations, ...unknown } = content;
    if (typeof contentText === 'string') into.add(contentText);
    this.#annotate(annotations);
    if (Object.keys(unknown).length > 0) this.#message.addPart({ type, ...unknown });
  }

  #annotate(annotations: unknown): void {
    const room = MAX_STEPS - this.#annotations.length;
    if (room > 0) this.#annotations.push(...arrayOrEmpty(annotations).slice(0, room));
  }

  #addSignature(signature: unknown): void {
    if (typeof signature !== 'string' || signature === '') return;
    if (this.#signatures.length < MAX_STEPS) {
      this.#signatures.push(encryptedPlaceholder(signature));
    }
  }
}

/** Whether a step would add anything to the message. */
function hasContent({ facts, mediaBytes }: OpenStep): boolean {
  const { type, ...others } = facts;
  return type === 'function_call' || mediaBytes > 0 || Object.keys(others).length > 0;
}

/** Adds a step that was received in pieces. */
function addStep(message: Message, place: number, { facts, mediaBytes }: OpenStep): void {
  const { type, ...fields } = facts;
  if (type === 'function_call') {
    const { id: _id, name: _name, arguments: args, ...unknown } = fields;
    const tool = message.ensureTool(place);
    if (tool?.arguments.chars === 0) tool.arguments.add(JSON.stringify(args ?? {}));
    if (Object.keys(unknown).length > 0) message.addPart({ type, ...unknown });
    return;
  }
  const { content, ...unknown } = fields;
  const media = mediaBytes > 0 ? mediaOf(objectOrEmpty(content ?? fields), mediaBytes) : {};
  if (type === 'model_output') {
    if (Object.keys(unknown).length > 0) message.addPart({ type, ...unknown });
    if (content !== undefined) message.addPart({ ...objectOrEmpty(content), ...media });
  } else if (Object.keys(fields).length > 0 || mediaBytes > 0) {
    message.addPart({ type, ...fields, ...media });
  }
}

function mediaOf(content: JsonObject, bytes: number): JsonObject {
  const type = stringOrUndefined(content.mime_type) ?? stringOrUndefined(content.type) ?? 'data';
  return { data: `[${type}, ${bytes} bytes]` };
}
