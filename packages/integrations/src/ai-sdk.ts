/** The AI SDK, versions 5 to 7. */

import { processWide } from '@openlayer-tracing/core/integration';
import { AiTelemetry } from './ai-sdk/telemetry.js';
import { traceModelMethods } from './ai-sdk/trace-model.js';
import { tracedTools } from './ai-sdk/trace-tools.js';
import { type CallOptions, checkOptions } from './common/options.js';

export type { ContentPart } from './common/options.js';

export interface AISDKOptions extends CallOptions {}

/** Where the AI SDK looks for integrations of every call. */
interface Registry {
  AI_SDK_TELEMETRY_INTEGRATIONS?: unknown[];
}

const registration = processWide('integrations.ai-sdk.v1', () => ({ isDone: false }));

/**
 * Has version 7 of the AI SDK record all that it does as steps of the current trace: texts, objects, streams, embeddings
 * and tools. Once, where the app starts; a call opts out by `telemetry: { isEnabled: false }`.
 *
 * @example
 * traceAISDK();
 */
export function traceAISDK(options: AISDKOptions = {}): void {
  checkOptions('traceAISDK', options);
  if (registration.isDone) return;
  registration.isDone = true;
  const registry = globalThis as Registry;
  registry.AI_SDK_TELEMETRY_INTEGRATIONS ??= [];
  registry.AI_SDK_TELEMETRY_INTEGRATIONS.push(new AiTelemetry(options));
}

/**
 * Has a model record each of its calls as a step of the current trace; for versions 5 and 6 of the AI SDK, whose
 * telemetry leaves out errors, objects and embeddings. The model stays the one that it is.
 *
 * @example
 * const chat = traceModel(createOpenAI().chat('gpt-5-mini'));
 *
 * @returns the model that was given
 */
export function traceModel<Model extends object>(model: Model, options: AISDKOptions = {}): Model {
  checkOptions('traceModel', options);
  const { doGenerate, doEmbed } = (model ?? {}) as Record<string, unknown>;
  if (typeof doGenerate !== 'function' && typeof doEmbed !== 'function') {
    throw new TypeError(
      "traceModel(model) takes a model, such as traceModel(openai('gpt-5-mini'))",
    );
  }
  traceModelMethods(model, options);
  return model;
}

/**
 * Tools whose code runs in a step of its own, with what it does below it; for versions 5 and 6 of the AI SDK, which do
 * not tell where it runs. Version 7 does, and records a tool once in any case.
 *
 * @example
 * const tools = traceTools({ weather: { execute: async () => 'sunny' } });
 *
 * @returns copies of the tools that were given
 */
export function traceTools<Tools extends object>(tools: Tools, options: AISDKOptions = {}): Tools {
  checkOptions('traceTools', options);
  if (typeof tools !== 'object' || tools === null) {
    throw new TypeError('traceTools(tools) takes tools by their names');
  }
  return tracedTools(tools, options);
}
