/** The entry point for the AI SDK, versions 5 to 7. */

import { processWide } from '@openlayer-tracing/core/integration';
import { listenToChannel } from './ai-sdk/channel.js';
import { MODEL_METHODS } from './ai-sdk/model-kinds.js';
import { OpenOperations } from './ai-sdk/open-operations.js';
import { reportAiRequests } from './ai-sdk/report-requests.js';
import { AiSdkTelemetry } from './ai-sdk/telemetry.js';
import { traceModelMethods } from './ai-sdk/trace-model.js';
import { tracedTools } from './ai-sdk/trace-tools.js';
import { assertChangeable } from './common/hooks/replace-method.js';
import { isTraced } from './common/hooks/traced.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';

export type { ContentPart } from './common/options.js';

export interface AISDKOptions extends CallOptions {}

/** The global array in which the AI SDK looks for telemetry integrations. */
interface Registry {
  AI_SDK_TELEMETRY_INTEGRATIONS?: unknown[];
}

const registration = processWide('integrations.ai-sdk.v1', () => ({ isDone: false }));

/**
 * Records the calls of version 7 of the AI SDK as steps of the current trace: texts, objects, streams, embeddings, rerankings,
 * speech, transcripts, decisions and tools. Call it once, where the app starts; a call opts out by
 * `telemetry: { isEnabled: false }`. On Node, calls with their own `telemetry.integrations` are recorded as well, except for
 * objects. The SDK sends no telemetry for images, videos and extractions: pass their models to `traceModel`.
 * On Node, a request that the SDK sends outside of a recorded call is the diagnostic `unrecorded_call`, once for each path.
 *
 * @example
 * traceAISDK();
 *
 * @throws TypeError if an option is wrong
 */
export function traceAISDK(options: AISDKOptions = {}): void {
  checkOptions('traceAISDK', options, CALL_OPTIONS);
  if (registration.isDone) return;
  registration.isDone = true;
  const registry = globalThis as Registry;
  registry.AI_SDK_TELEMETRY_INTEGRATIONS ??= [];
  const operations = new OpenOperations(options);
  const telemetry = new AiSdkTelemetry(operations);
  registry.AI_SDK_TELEMETRY_INTEGRATIONS.push(telemetry);
  listenToChannel(operations, telemetry);
  reportAiRequests();
}

/**
 * Makes a model record each of its calls as a step of the current trace. It may be a model for texts, embeddings, rerankings,
 * images, videos, speech, transcripts, decisions or extractions. Use it with versions 5 and 6 of the AI SDK, whose telemetry is
 * incomplete, and for calls that version 7 sends no telemetry for. The model itself is changed. No call is recorded twice.
 *
 * @example
 * const chat = traceModel(createOpenAI().chat('gpt-5-mini'));
 *
 * @returns the same model
 * @throws TypeError if the argument is no model or is frozen, or an option is wrong
 */
export function traceModel<Model extends object>(model: Model, options: AISDKOptions = {}): Model {
  checkOptions('traceModel', options, CALL_OPTIONS);
  const methods = MODEL_METHODS.filter(
    (name) => typeof Reflect.get(Object(model), name) === 'function',
  );
  if (methods.length === 0) {
    throw new TypeError(
      "traceModel(model) takes a model, such as traceModel(openai('gpt-5-mini'))",
    );
  }
  if (!isTraced(model)) {
    for (const method of methods) assertChangeable('traceModel', 'model', model, method);
  }
  traceModelMethods(model, options);
  reportAiRequests();
  return model;
}

/**
 * Makes copies of tools that run in a step of their own, so that steps which a tool creates become its children. Use it with
 * versions 5 and 6 of the AI SDK, whose telemetry does not say where a tool runs. With version 7 it is not needed; a tool is recorded
 * once in any case.
 *
 * @example
 * const tools = traceTools({ weather: { execute: async () => 'sunny' } });
 *
 * @returns copies of the tools; a tool that is such a copy is not copied again
 * @throws TypeError if the argument is no object, or an option is wrong
 */
export function traceTools<Tools extends object>(tools: Tools, options: AISDKOptions = {}): Tools {
  checkOptions('traceTools', options, CALL_OPTIONS);
  if (typeof tools !== 'object' || tools === null) {
    throw new TypeError('traceTools(tools) takes an object of tools by name');
  }
  return tracedTools(tools, options);
}
