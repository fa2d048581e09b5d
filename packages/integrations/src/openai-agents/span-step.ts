/** Converts a span of the Agents SDK to the options of a step at its start, and to an update at its end. */

import {
  type Billing,
  type StepOptions,
  type StepUpdate,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { bytesOfBase64 } from '../common/content/media.js';
import {
  recordedContent,
  recordedDetails,
  recordedParameters,
} from '../common/content/recorded-content.js';
import { failureDetails } from '../common/failures/error-in-body.js';
import { failureOfEnd } from '../common/failures/failed-end.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  isJsonObject,
  type JsonObject,
  knownFirst,
  nonEmptyArrayOrUndefined,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { withPricedTier } from '../common/service-tier.js';
import { wordSet } from '../common/words.js';
import { openAIChat } from '../shapes/openai/chat.js';
import { openAIResponses } from '../shapes/openai/responses.js';
import { openAITokens } from '../shapes/openai/usage.js';
import { readWhole } from '../shapes/reading/read-whole.js';
import type { Shape } from '../shapes/reading/shape.js';

/** The provider of the SDK's default models. */
const PROVIDER = 'openai';

const OPERATIONS = {
  response: 'Chat Completion',
  generation: 'Chat Completion',
  transcription: 'Transcription',
  speech: 'Speech',
} as const;

/** Fields of spans that are read. */
const KNOWN = wordSet('type name data result input output');

/** The facts of a span at its end. */
export interface SpanFacts {
  readonly update: StepUpdate;
  readonly billing?: Billing | undefined;
  /** The failure that the response of a model states. */
  readonly failure?: unknown;
}

/** The options of the step; undefined for a span that only groups others, whose children become children of its parent. */
export function agentsStep(data: JsonObject, options: CallOptions): StepOptions | undefined {
  const name = stringOrUndefined(data.name) ?? stringOrUndefined(data.type) ?? 'step';
  switch (data.type) {
    case 'task':
    case 'turn':
      return undefined;
    case 'agent':
      return { name, type: 'agent' };
    case 'function':
      return { name, type: 'tool', functionName: name } as StepOptions;
    case 'handoff':
      return { name: 'handoff', type: 'handoff' };
    case 'guardrail':
      return { name, type: 'guardrail' };
    case 'response':
    case 'generation':
    case 'transcription':
    case 'speech':
      return {
        name: `OpenAI Agents ${OPERATIONS[data.type]}`,
        type: 'chat_completion',
        provider: options.provider ?? PROVIDER,
        model: stringOrUndefined(data.model),
      } as StepOptions;
    default:
      return { name, type: 'chain' };
  }
}

/** Whether the span is a model call. */
export function isModelSpan({ type }: JsonObject): boolean {
  return type === 'response' || type === 'generation';
}

/** Whether the span stands for an agent, or groups the turns of one. */
export function hasTurns({ type }: JsonObject): boolean {
  return type === 'agent' || type === 'task' || type === 'turn';
}

/**
 * Whether the span of a model call that ended without an error has no response: the app stopped reading its stream. Without the
 * inputs, the app has the SDK leave out responses too.
 */
export function isUnanswered(data: JsonObject): boolean {
  const { type, _input, _response, response_id: id, input, output } = data;
  if (type === 'response') return _input !== undefined && (_response ?? id) === undefined;
  return type === 'generation' && input !== undefined && output === undefined;
}

/** The facts of a span by its data. */
export function agentsSpanFacts(data: JsonObject, options: CallOptions): SpanFacts {
  switch (data.type) {
    case 'response': {
      const { _response: response = { id: data.response_id } } = data;
      return modelFacts(
        openAIResponses,
        { input: data._input, response: objectOrEmpty(response) },
        options,
      );
    }
    case 'generation':
      return generationFacts(data, options);
    default:
      return { update: agentsUpdate(data, options) };
  }
}

function agentsUpdate(data: JsonObject, options: CallOptions): StepUpdate {
  const content = (part: 'inputs' | 'output', value: unknown) =>
    recordedContent(options, part, value);
  switch (data.type) {
    case 'function': {
      const args = content('inputs', parsedIfJson(data.input));
      return {
        inputs: args,
        arguments: args,
        output: content('output', parsedIfJson(data.output)),
        metadata: recordedDetails(options, definedFields({ mcp: parsedIfJson(data.mcp_data) })),
      };
    }
    case 'handoff': {
      const { from_agent: from, to_agent: to } = data;
      return {
        fromComponent: stringOrUndefined(from),
        toComponent: stringOrUndefined(to),
        output: stringOrUndefined(to),
      } as StepUpdate;
    }
    case 'guardrail':
      return { action: data.triggered === true ? 'block' : 'allow' } as StepUpdate;
    case 'agent':
      return {
        metadata: definedFields({
          tools: nonEmptyArrayOrUndefined(data.tools),
          handoffs: nonEmptyArrayOrUndefined(data.handoffs),
          outputType: data.output_type === 'text' ? undefined : stringOrUndefined(data.output_type),
        }),
      };
    case 'mcp_tools':
      return {
        output: content('output', data.result),
        metadata: definedFields({ server: stringOrUndefined(data.server) }),
      };
    case 'transcription':
    case 'speech':
      return {
        inputs: content('inputs', definedFields({ input: audioPlaceholder(data.input) })),
        output: content('output', audioPlaceholder(data.output)),
        modelParameters: recordedParameters(options, objectOrEmpty(data.model_config)),
      } as StepUpdate;
    default:
      return {
        inputs: content('inputs', data.input),
        output: content('output', data.data ?? data.output),
        metadata: recordedDetails(options, nonEmptyFields(data, KNOWN)),
      };
  }
}

/** The placeholder of audio, `[audio/pcm, 300 bytes]`; any other value unchanged. */
function audioPlaceholder(value: unknown): unknown {
  const { data, format } = objectOrEmpty(value);
  if (typeof data !== 'string') return value;
  return `[audio/${stringOrUndefined(format) ?? 'pcm'}, ${bytesOfBase64(data)} bytes]`;
}

/** The facts of a model call: of a response in the form of OpenAI's chat, or of the SDK's own items. */
function generationFacts(data: JsonObject, options: CallOptions): SpanFacts {
  const settings = objectOrEmpty(data.model_config);
  const [first] = arrayOrEmpty(data.output);
  const response = objectOrEmpty(first);
  const { usage } = data;
  const counted = openAITokens(usage);
  if (response.choices !== undefined || response.error !== undefined || first === undefined) {
    const facts = modelFacts(openAIChat, { input: data.input, response, settings }, options);
    if (response.usage !== undefined || counted === undefined) return facts;
    return { ...facts, update: { ...facts.update, ...tokenFields(counted) } as StepUpdate };
  }
  const items = { output: data.output, usage };
  const exchange = { input: data.input, response: items, settings };
  const facts = modelFacts(openAIResponses, exchange, options);
  const details = recordedDetails(options, nonEmptyFields({ items: otherItemFields(data.output) }));
  const metadata = { ...details, ...facts.update.metadata };
  return { ...facts, update: { ...facts.update, metadata } };
}

/** The provider's data in the items of a response. */
function otherItemFields(output: unknown): readonly JsonObject[] {
  return arrayOrEmpty(output)
    .map(objectOrEmpty)
    .map(({ type, providerData, content, status }) => ({
      type: type ?? 'message',
      ...(status !== 'completed' && { status }),
      ...nonEmptyFields({ providerData, content: providerDataIn(content) }),
    }))
    .map((item) => definedFields(item))
    .filter((item) => Object.keys(item).length > 1);
}

function providerDataIn(content: unknown): readonly unknown[] {
  return arrayOrEmpty(content)
    .map((part) => objectOrEmpty(part).providerData)
    .filter((data) => Object.keys(objectOrEmpty(data)).length > 0);
}

/** The token counts of a turn; undefined if there are none. */
export function turnTokens(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  return {
    input: countOrUndefined(usage.input_tokens),
    output: countOrUndefined(usage.output_tokens),
    cached: countOrUndefined(usage.cached_input_tokens),
    cacheCreation: countOrUndefined(usage.cache_write_input_tokens),
  };
}

/** What the SDK states of one call of a model. */
interface Exchange {
  readonly input: unknown;
  readonly response: JsonObject;
  /** The parameters of the request; undefined if the response repeats them. */
  readonly settings?: JsonObject;
}

function modelFacts(
  shape: Shape,
  { input, response, settings }: Exchange,
  options: CallOptions,
): SpanFacts {
  const { tools, ...untooled } = response;
  const { instructions, ...others } = untooled;
  const isText = typeof instructions === 'string' && instructions !== '';
  // The response repeats them, and they are inputs.
  const reader = readWhole(shape, isText ? others : untooled);
  const { model, output, tokens, metadata, details, reasoning, ...read } = reader.response();
  const billing = read.billing && withPricedTier(read.billing);
  const { temperature, top_p, max_output_tokens, tool_choice, ...more } = settings ?? response;
  const parameters = definedFields({
    temperature,
    top_p,
    max_output_tokens,
    tool_choice,
    ...(settings && more),
  });
  const update = {
    inputs: recordedContent(
      options,
      'inputs',
      definedFields({
        prompt: isText ? withInstructions(instructions, input) : input,
        tools: nonEmptyArrayOrUndefined(tools),
      }),
    ),
    output: recordedContent(options, 'output', output),
    model,
    ...(Object.keys(parameters).length > 0 && {
      modelParameters: recordedParameters(options, parameters),
    }),
    ...tokenFields(tokens ?? {}),
    metadata: definedFields({
      ...recordedDetails(
        options,
        knownFirst(definedFields({ errorDetails: failureDetails(response.error) }), details),
      ),
      ...metadata,
      requestId: stringOrUndefined(response._request_id),
      reasoning: recordedContent(options, 'output', reasoning),
    }),
  } as StepUpdate;
  const failure =
    response.status === 'failed' ? (response.error ?? 'the response failed') : undefined;
  const end = { reasons: [metadata?.finishReason], output, isComplete: true };
  return { update, billing, failure: reader.failure ?? failure ?? failureOfEnd(end) };
}

/** The prompt with the instructions before it, as that of OpenAI's client. */
function withInstructions(instructions: string, input: unknown): readonly unknown[] {
  const messages = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return [{ role: 'system', content: instructions }, ...arrayOrEmpty(messages)];
}

function parsedIfJson(value: unknown): unknown {
  const source = stringOrUndefined(value);
  if (source === undefined) return value;
  const json = tryParseJson(source);
  return isJsonObject(json) || Array.isArray(json) ? json : source;
}
