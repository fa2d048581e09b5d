/** What went into a step and came out of it, as attributes of its span. */

import {
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import type { StepData } from '../data/step-data.js';
import { parsedIfJson } from '../facts/parsed-json.js';
import { hasMessages } from '../messages/chat-messages.js';
import { genAIAnswersOf, genAIMessagesOf } from '../messages/gen-ai-messages.js';
import { isPresent, isSame } from './attribute-values.js';

/** Inputs and output of a step, in attributes of OpenTelemetry's conventions where these have some, else in ours. */
export function contentAttributes(step: StepData): JsonObject {
  const { type, inputs, output, metadata } = step;
  const reason = stringOrUndefined(metadata.finishReason);
  switch (type) {
    case 'chat_completion':
      return { ...promptAttributes(inputs), ...answerAttributes(output, reason) };
    case 'tool': {
      const isArguments = isSame(inputs, step.arguments) && parsedIfJson(inputs) === inputs;
      const isResult = isPresent(output) && parsedIfJson(output) === output;
      return {
        'gen_ai.tool.name': step.functionName,
        'gen_ai.tool.call.arguments': step.arguments,
        'gen_ai.tool.call.result': output,
        ...jsonContent(isArguments ? undefined : inputs, isResult ? undefined : output),
      };
    }
    case 'retriever': {
      const { query, ...others } = objectOrEmpty(inputs);
      const isQuery = typeof query === 'string' && Object.keys(others).length === 0;
      return {
        'gen_ai.retrieval.query.text': isQuery ? query : undefined,
        'gen_ai.retrieval.documents': step.documents,
        ...jsonContent(
          isQuery && parsedIfJson(query) === query ? undefined : inputs,
          isSame(output, step.documents) ? undefined : output,
        ),
      };
    }
    default:
      return jsonContent(inputs, output);
  }
}

/** Inputs and output in attributes of ours, as JSON text, so that a string stays one. */
function jsonContent(inputs: unknown, output: unknown): JsonObject {
  return {
    ...(inputs !== undefined &&
      inputs !== null && { 'openlayer.step.inputs': JSON.stringify(inputs) }),
    ...(output !== undefined &&
      output !== null && { 'openlayer.step.output': JSON.stringify(output) }),
  };
}

/** Messages come back in the form of `chatMessagesOf`, whatever form the provider has. */
function promptAttributes(inputs: unknown): JsonObject {
  const { prompt, tools, ...others } = objectOrEmpty(inputs);
  const messages = prompt ?? others.messages ?? others.input ?? inputs;
  const isPrompt = Array.isArray(prompt) && hasMessages(prompt) && Object.keys(others).length === 0;
  const isString = typeof messages === 'string';
  return {
    'gen_ai.input.messages':
      isString || hasMessages(messages) ? genAIMessagesOf(messages) : undefined,
    'gen_ai.tool.definitions': tools,
    ...(isPrompt ? {} : jsonContent(inputs, undefined)),
  };
}

function answerAttributes(output: unknown, reason: string | undefined): JsonObject {
  if (!isPresent(output)) return jsonContent(undefined, output);
  const messages = genAIAnswersOf(output, reason);
  const isArray = Array.isArray(output) && output.length < 2;
  if (messages !== undefined && !isArray) return { 'gen_ai.output.messages': messages };
  const text = typeof output === 'string' ? output : JSON.stringify(output);
  return {
    'gen_ai.output.messages': messages ?? genAIAnswersOf(text, reason),
    ...jsonContent(undefined, output),
  };
}
