/** What a span of the Agents SDK is as a step, at its start and at its end. */

import {
  type StepOptions,
  type StepUpdate,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedParameters } from '../common/content.js';
import { isRecord, type Json, list, parseJson, record, text, without } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { openAIChat } from '../shapes/openai-chat.js';
import { openAIResponses } from '../shapes/openai-responses.js';
import type { Shape } from '../shapes/shape.js';

/** Where the SDK's models are, unless somebody gave it others. */
const PROVIDER = 'openai';

/** Undefined for what only groups others: they stand below its parent. */
export function spanStep(data: Json, options: CallOptions): StepOptions | undefined {
  const name = text(data.name) ?? text(data.type) ?? 'step';
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
      return {
        name: 'OpenAI Agents Chat Completion',
        type: 'chat_completion',
        provider: options.provider ?? PROVIDER,
        model: text(data.model),
      } as StepOptions;
    default:
      return { name, type: 'chain' };
  }
}

/** Whether it stands for an exchange with a model. */
export function isModelSpan({ type }: Json): boolean {
  return type === 'response' || type === 'generation';
}

export function spanUpdate(data: Json, options: CallOptions): StepUpdate {
  const content = (part: 'inputs' | 'output', value: unknown) =>
    recordedContent(options, part, value);
  switch (data.type) {
    case 'function': {
      const args = content('inputs', parsed(data.input));
      return { inputs: args, arguments: args, output: content('output', parsed(data.output)) };
    }
    case 'handoff': {
      const { from_agent: from, to_agent: to } = data;
      return { fromComponent: text(from), toComponent: text(to), output: text(to) } as StepUpdate;
    }
    case 'guardrail':
      return { action: data.triggered === true ? 'block' : 'allow' } as StepUpdate;
    case 'agent':
      return { metadata: without({ tools: some(data.tools), handoffs: some(data.handoffs) }) };
    case 'response':
      return modelUpdate(openAIResponses, data._input, record(data._response), options);
    case 'generation':
      return modelUpdate(openAIChat, data.input, record(list(data.output)[0]), {
        ...options,
        settings: record(data.model_config),
      });
    case 'mcp_tools':
      return { output: content('output', data.result) };
    case 'custom':
      return { output: content('output', data.data) };
    default:
      return {};
  }
}

function modelUpdate(
  shape: Shape,
  input: unknown,
  answer: Json,
  { settings, ...options }: CallOptions & { settings?: Json },
): StepUpdate {
  const nowhere = { url: new URL('http://local/'), params: {} };
  const reader = shape.reader(nowhere);
  reader.whole(answer);
  const { model, output, tokens, metadata, reasoning } = reader.answer();
  // What the API repeats of the request is what was asked of it.
  const { temperature, top_p, max_output_tokens, tool_choice, ...given } = settings ?? answer;
  const parameters = without({
    temperature,
    top_p,
    max_output_tokens,
    tool_choice,
    ...(settings && given),
  });
  return {
    inputs: recordedContent(
      options,
      'inputs',
      without({ prompt: input, tools: some(answer.tools) }),
    ),
    output: recordedContent(options, 'output', output),
    model,
    ...(Object.keys(parameters).length > 0 && {
      modelParameters: recordedParameters(options, parameters),
    }),
    ...tokenFields(tokens ?? {}),
    metadata: without({
      ...metadata,
      reasoning: recordedContent(options, 'output', reasoning),
    }),
  } as StepUpdate;
}

/** A list that holds something. */
function some(items: unknown): unknown {
  return list(items).length > 0 ? items : undefined;
}

function parsed(value: unknown): unknown {
  const source = text(value);
  if (source === undefined) return value;
  const json = parseJson(source);
  return isRecord(json) || Array.isArray(json) ? json : source;
}
