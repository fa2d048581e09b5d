/** Reads one answer of a model in the form in which LangChain passes it on. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  isJsonObject,
  type JsonObject,
  knownFirst,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordArray, wordSet } from '../common/words.js';
import { hourlyCacheTokens } from '../shapes/anthropic/usage.js';
import { openAIResponses } from '../shapes/openai/responses.js';
import { openAIBilling } from '../shapes/openai/usage.js';
import { Message } from '../shapes/reading/message.js';
import { readWhole } from '../shapes/reading/read-whole.js';
import { type Calls, readLangChainContent } from './content.js';
import { messageTokens } from './message-tokens.js';
import { toolCalls } from './plain-value.js';

export interface Generation {
  readonly output: unknown;
  readonly reasoning: string | undefined;
  readonly model: string | undefined;
  readonly provider: unknown;
  readonly tokens: TokenCounts | undefined;
  readonly billing: Billing;
  readonly metadata: JsonObject;
  /** The other fields, under their own names. */
  readonly details: JsonObject;
}

/** Fields that are read, that repeat others, or that say how LangChain created the message. */
const KNOWN = wordSet(`
  model_provider model_name model output_version id type role object content output
  output_text usage usage_metadata tokenUsage token_usage estimatedTokenUsage finish_reason
  finishReason stop_reason stop_sequence status incomplete_details service_tier created
  created_at prompt completion tool_calls function_call reasoning_content reasoning refusal
  audio tool_outputs parsed __openai_function_call_ids__ __openai_custom_tool_call_ids__
  __openai_role__ __raw_response
`);
/** Fields in which OpenAI's responses repeat their requests, in addition. */
const REPEATED: ReadonlySet<string> = new Set([
  ...KNOWN,
  ...wordArray(`
    instructions tools tool_choice text temperature top_p top_logprobs truncation
    parallel_tool_calls max_output_tokens max_tool_calls metadata previous_response_id store
    background prompt_cache_key prompt_cache_retention safety_identifier user completed_at
    presence_penalty frequency_penalty conversation error
  `),
]);
const KNOWN_OF_USAGE = wordSet('cache_read cache_creation audio reasoning');

/** Reads a generation: its output, reasoning, model, tokens, billing and other fields. */
export function readGeneration(generation: JsonObject): Generation {
  const message = objectOrEmpty(generation.message);
  const kwargs = objectOrEmpty(message.additional_kwargs);
  const about: JsonObject = {
    ...objectOrEmpty(generation.generationInfo),
    ...kwargs,
    ...objectOrEmpty(message.response_metadata),
  };
  const isResponse = about.object === 'response';
  const response = isResponse ? readResponse(about) : undefined;
  const { output, reasoning, facts } =
    response?.output === undefined ? readMessage(generation, message) : response;
  const usage = objectOrEmpty(about.usage);
  const tier = stringOrUndefined(about.service_tier) ?? stringOrUndefined(usage.service_tier);
  const tokens = messageTokens(message.usage_metadata);
  return {
    output,
    reasoning,
    model: stringOrUndefined(about.model_name) ?? stringOrUndefined(about.model),
    provider: about.model_provider,
    tokens: tokens && { ...tokens, cacheCreationHour: hourlyCacheTokens(usage) },
    billing: {
      ...openAIBilling(usage),
      ...(tier !== undefined && { serviceTier: tier }),
      ...response?.billing,
    },
    metadata: {
      responseId: stringOrUndefined(message.id) ?? stringOrUndefined(about.id),
      name: stringOrUndefined(message.name),
      finishReason: finishReasonOf(about),
      serviceTier: stringOrUndefined(about.service_tier),
      reasoningTokens: tokens?.reasoning,
      ...otherCounts(message.usage_metadata),
      ...facts,
    },
    details: knownFirst(
      // The stop sequence is content: it repeats a part of the request.
      definedFields({ stopSequence: stringOrUndefined(about.stop_sequence) }),
      nonEmptyFields(about, isResponse ? REPEATED : KNOWN),
    ),
  };
}

interface ReadMessage {
  readonly output: unknown;
  readonly reasoning: string | undefined;
  readonly facts?: JsonObject | undefined;
  readonly billing?: Billing | undefined;
}

/** Reads the items of OpenAI's Responses API, which LangChain keeps: they have more than the message made of them. */
function readResponse(about: JsonObject): ReadMessage {
  const {
    output,
    reasoning,
    billing,
    metadata = {},
  } = readWhole(openAIResponses, about).response();
  const { responseId: _id, finishReason: _reason, reasoningTokens: _tokens, ...facts } = metadata;
  return { output, reasoning, facts, billing };
}

function readMessage(generation: JsonObject, source: JsonObject): ReadMessage {
  const message = new Message();
  const { content, invalid_tool_calls: invalid, tool_call_chunks: pieces } = source;
  const calls = toolCalls(source);
  const hasCalls =
    calls.length > 0 || arrayOrEmpty(invalid).length > 0 || arrayOrEmpty(pieces).length > 0;
  const otherCalls = hasCalls ? 'skip' : 'read';
  if (content === undefined) message.text.add(stringOrUndefined(generation.text) ?? '');
  else readLangChainContent(message, content, otherCalls);
  for (const { id, name, arguments: args } of calls)
    message.addTool(stringOrUndefined(id), stringOrUndefined(name), args);
  for (const each of arrayOrEmpty(invalid)) {
    const { id, name, args, error } = objectOrEmpty(each);
    message.addTool(stringOrUndefined(id), stringOrUndefined(name), args, {
      error: error ?? 'invalid',
    });
  }
  readKwargs(message, objectOrEmpty(source.additional_kwargs), otherCalls);
  const { reasoning } = message;
  return {
    output: message.output,
    reasoning: reasoning.textOrUndefined,
  };
}

/** Reads fields of providers for which LangChain has no field of its own. */
function readKwargs(message: Message, kwargs: JsonObject, calls: Calls): void {
  if (message.reasoning.chars === 0) readReasoning(message, kwargs);
  if (message.refusal === undefined && typeof kwargs.refusal === 'string') {
    message.setRefusal(kwargs.refusal);
  }
  const { function_call: called, audio, tool_outputs: outputs } = kwargs;
  if (isJsonObject(called) && calls === 'read') {
    message.addTool(undefined, stringOrUndefined(called.name), called.arguments);
  }
  if (isJsonObject(audio)) message.addPart({ type: 'audio', audio });
  for (const each of arrayOrEmpty(outputs)) message.addPart(each);
}

export function readReasoning(
  message: Message,
  { reasoning_content: reasoningContent, reasoning }: JsonObject,
): void {
  message.reasoning.add(stringOrUndefined(reasoningContent) ?? stringOrUndefined(reasoning) ?? '');
  const { summary, content } = objectOrEmpty(reasoning);
  for (const each of [...arrayOrEmpty(summary), ...arrayOrEmpty(content)]) {
    message.reasoning.add(stringOrUndefined(objectOrEmpty(each).text) ?? '');
  }
}

function finishReasonOf(about: JsonObject): string | undefined {
  const { finish_reason, stop_reason, finishReason: reason, incomplete_details, status } = about;
  const stated =
    stringOrUndefined(finish_reason) ?? stringOrUndefined(stop_reason) ?? stringOrUndefined(reason);
  return (
    stated ??
    stringOrUndefined(objectOrEmpty(incomplete_details).reason) ??
    (about.object === 'response' ? stringOrUndefined(status) : undefined)
  );
}

/** Token details that have no field in the step, under LangChain's names. */
function otherCounts(usage: unknown): JsonObject {
  const details = ['input_token_details', 'output_token_details'].map((name) => [
    name,
    nonEmptyFields(objectOrEmpty(objectOrEmpty(usage)[name]), KNOWN_OF_USAGE),
  ]);
  return nonEmptyFields(Object.fromEntries(details));
}

/** The other fields of a model run's result that its generations do not repeat. */
export function unknownResultFields(result: JsonObject): JsonObject {
  return nonEmptyFields(objectOrEmpty(result.llmOutput), REPEATED);
}

/** The counts in a model run's result, for generations without counts; undefined if there are none. */
export function outputTokens(result: JsonObject): TokenCounts | undefined {
  const { tokenUsage } = objectOrEmpty(result.llmOutput);
  if (!isJsonObject(tokenUsage)) return undefined;
  const { promptTokens, completionTokens, totalTokens } = tokenUsage;
  return {
    input: countOrUndefined(promptTokens),
    output: countOrUndefined(completionTokens),
    total: countOrUndefined(totalTokens),
  };
}
