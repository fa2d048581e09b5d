/** Converts a span of Mastra to the options of a step at its start, and to an update at its end. */

import {
  type Billing,
  type StepOptions,
  type StepUpdate,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import {
  recordedContent,
  recordedDetails,
  recordedParameters,
} from '../common/content/recorded-content.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  isJsonObject,
  type JsonObject,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { withPricedTier } from '../common/service-tier.js';
import { NO_WORDS, wordSet } from '../common/words.js';
import { requestIdIn } from '../http/exchange/headers.js';
import { aiSdkBilling, aiSdkModel, aiSdkProvider } from '../shapes/ai-sdk-models.js';
import { geminiGenerate } from '../shapes/gemini/generate.js';
import { openAIResponses } from '../shapes/openai/responses.js';
import { Message } from '../shapes/reading/message.js';
import { readWhole } from '../shapes/reading/read-whole.js';

/** Spans that only group others. Their children become children of their parent. */
const GROUPS: ReadonlySet<unknown> = wordSet('model_generation model_step');
const TOOLS: ReadonlySet<unknown> = wordSet(
  'tool_call mcp_tool_call client_tool_call provider_tool_call',
);
/** Attributes that have a field of their own in the step, by the type of the span. */
const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  model_inference: wordSet(`
    model provider usage finishReason responseModel responseId streaming parameters
    completionStartTime stepIndex availableTools
  `),
  model_generation: wordSet(`
    model provider usage finishReason responseModel responseId streaming parameters
    completionStartTime tools costContext
  `),
  model_step: wordSet('usage finishReason stepIndex isContinued'),
  classifier_evaluation: wordSet('modelId provider usage durationMs'),
  rag_embedding: wordSet('model provider usage dimensions inputCount'),
};
/** The names and types of the steps of model calls, by the type of the span. */
const MODELS: Readonly<
  Record<string, readonly [name: string, type: 'chat_completion' | 'embedding']>
> = {
  model_inference: ['Mastra Chat Completion', 'chat_completion'],
  classifier_evaluation: ['Mastra Decision', 'chat_completion'],
  rag_embedding: ['Mastra Embedding', 'embedding'],
};

/** The options of the step; undefined for a span that only groups others. */
export function mastraStep(span: JsonObject, options: CallOptions): StepOptions | undefined {
  const { type, input } = span;
  if (GROUPS.has(type)) return undefined;
  const {
    modelId,
    model = modelId,
    provider,
    parameters,
    operation,
  } = objectOrEmpty(span.attributes);
  const name =
    stringOrUndefined(span.entityName) ??
    stringOrUndefined(span.entityId) ??
    stringOrUndefined(span.name) ??
    'step';
  const inputs = recordedContent(options, 'inputs', input);
  if (TOOLS.has(type)) {
    return { name, type: 'tool', inputs, functionName: name, arguments: inputs } as StepOptions;
  }
  if (type === 'agent_run') return { name, type: 'agent', inputs } as StepOptions;
  if (type === 'rag_vector_operation' && operation === 'query') {
    return { name: stringOrUndefined(span.name) ?? name, type: 'retriever', inputs } as StepOptions;
  }
  const [called, kind] = MODELS[String(type)] ?? [];
  if (kind === undefined) {
    return { name: stringOrUndefined(span.name) ?? name, type: 'chain', inputs } as StepOptions;
  }
  return {
    name: called,
    type: kind,
    provider: options.provider ?? aiSdkProvider(provider, model),
    model: aiSdkModel(model),
    // The spans around a model call have its prompt.
    ...(type !== 'model_inference' && { inputs }),
    ...(isJsonObject(parameters) &&
      Object.keys(parameters).length > 0 && {
        modelParameters: recordedParameters(options, parameters),
      }),
  } as StepOptions;
}

/** The inputs of a model call, which the spans around it have. */
export interface ModelInputs {
  readonly prompt: unknown;
  /** The definitions of the tools that the model may call. */
  readonly tools: unknown;
}

export function mastraUpdate(
  span: JsonObject,
  options: CallOptions,
  inputs: ModelInputs,
): StepUpdate {
  const content = (value: unknown) => recordedContent(options, 'output', value);
  const attributes = objectOrEmpty(span.attributes);
  const details = recordedDetails(options, {
    ...unknownAttributes(span),
    ...otherSpanFields(span),
  });
  if (span.type === 'model_inference') {
    return modelUpdate(span, attributes, options, inputs, details);
  }
  if (span.type === 'classifier_evaluation') {
    return {
      output: content(span.output),
      ...tokenFields(mastraTokens(attributes.usage) ?? {}),
      metadata: details,
    } as StepUpdate;
  }
  if (span.type === 'rag_embedding') {
    return {
      ...tokenFields(mastraTokens(attributes.usage) ?? {}),
      embeddingCount: countOrUndefined(attributes.inputCount),
      embeddingDimensions: countOrUndefined(attributes.dimensions),
      metadata: details,
    } as StepUpdate;
  }
  const output = content(span.output);
  const isRetriever = span.type === 'rag_vector_operation' && attributes.operation === 'query';
  return {
    output,
    ...(isRetriever && Array.isArray(output) && { documents: output }),
    metadata: details,
  } as StepUpdate;
}

function unknownAttributes({ type, attributes }: JsonObject): JsonObject {
  return nonEmptyFields(objectOrEmpty(attributes), KNOWN[String(type)] ?? NO_WORDS);
}

/** The fields of any span other than its attributes, input and output. */
function otherSpanFields(span: JsonObject): JsonObject {
  const { type, parentSpanId, traceId, entityId, entityType, metadata, tags, errorInfo } = span;
  const { requestContext } = span;
  const { id, domain, category, details } = objectOrEmpty(errorInfo);
  return nonEmptyFields({
    entityId: entityId === span.entityName ? undefined : entityId,
    // All spans of a trace have the same trace id: only the first records it.
    ...((parentSpanId === undefined || parentSpanId === null) && { mastraTraceId: traceId }),
    entityType,
    // The metadata of a model_step span have the response, which is read elsewhere.
    ...(type !== 'model_step' && { metadata }),
    tags,
    requestContext,
    errorDetails: nonEmptyFields({ id, domain, category, details }),
  });
}

/** The definitions of the tools that a call may use, or only their names if the definitions are not known. */
function toolsOf({ availableTools }: JsonObject, definitions: unknown): unknown {
  const names = arrayOrEmpty(availableTools);
  const tools = arrayOrEmpty(definitions);
  if (tools.length === 0) return names.length > 0 ? names : undefined;
  const used = tools.filter(
    (each) => names.length === 0 || names.includes(objectOrEmpty(each).name),
  );
  return used.length > 0 ? used : names;
}

function modelUpdate(
  span: JsonObject,
  attributes: JsonObject,
  options: CallOptions,
  inputs: ModelInputs,
  details: JsonObject,
): StepUpdate {
  const message = new Message();
  const { text: answer, toolCalls, ...unknown } = objectOrEmpty(span.output);
  message.text.add(stringOrUndefined(answer) ?? '');
  for (const each of arrayOrEmpty(toolCalls)) {
    const { toolCallId, toolName, args, input, payload } = objectOrEmpty(each);
    const call = objectOrEmpty(payload);
    message.addTool(
      stringOrUndefined(toolCallId) ?? stringOrUndefined(call.toolCallId),
      stringOrUndefined(toolName) ?? stringOrUndefined(call.toolName),
      args ?? input ?? call.args,
    );
  }
  for (const [name, value] of Object.entries(nonEmptyFields(unknown))) {
    message.addPart({ [name]: value });
  }
  const { responseModel, responseId, finishReason, usage } = attributes;
  const { prompt, tools } = inputs;
  return {
    inputs: recordedContent(
      options,
      'inputs',
      definedFields({ prompt, tools: toolsOf(attributes, tools) }),
    ),
    output: recordedContent(options, 'output', message.output),
    model: aiSdkModel(responseModel),
    ...tokenFields(mastraTokens(usage) ?? {}),
    metadata: definedFields({
      ...details,
      responseId: finishReason === 'error' ? undefined : stringOrUndefined(responseId),
      finishReason: stringOrUndefined(finishReason),
      reasoningTokens: countOrUndefined(
        objectOrEmpty(objectOrEmpty(usage).outputDetails).reasoning,
      ),
      timeToFirstToken: sinceStart(span, attributes.completionStartTime),
    }),
  } as StepUpdate;
}

function sinceStart({ startTime }: JsonObject, at: unknown): number | undefined {
  if (!(startTime instanceof Date) || !(at instanceof Date)) return undefined;
  return Math.max(0, at.getTime() - startTime.getTime());
}

function mastraTokens(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  const inputDetails = objectOrEmpty(usage.inputDetails);
  const outputDetails = objectOrEmpty(usage.outputDetails);
  return {
    input: countOrUndefined(usage.inputTokens),
    output: countOrUndefined(usage.outputTokens),
    cached: countOrUndefined(inputDetails.cacheRead),
    cacheCreation: countOrUndefined(inputDetails.cacheWrite),
    cacheCreationHour: countOrUndefined(inputDetails.cacheWrite1h),
    audioInput: countOrUndefined(inputDetails.audio),
    imageInput: countOrUndefined(inputDetails.image),
    audioOutput: countOrUndefined(outputDetails.audio),
    imageOutput: countOrUndefined(outputDetails.image),
    reasoning: countOrUndefined(outputDetails.reasoning),
  };
}

/**
 * The facts of a `model_step` span about its model call: headers and body of the response, as the provider sent them.
 * @param tools the tools that the model may call
 */
export function modelStepFacts(
  span: JsonObject,
  options: CallOptions,
  tools: unknown,
): { readonly billing: Billing; readonly update: StepUpdate } {
  const { headers, body, providerMetadata, ...unknown } = objectOrEmpty(span.metadata);
  const requestId = requestIdIn(headers);
  return {
    billing: withPricedTier({
      ...aiSdkBilling({ raw: objectOrEmpty(body).usage }, objectOrEmpty(providerMetadata), body),
      ...toolUsesIn(objectOrEmpty(body)),
    }),
    update: {
      // For the first step, the span of the whole answer has more of the prompt.
      ...(countOrUndefined(objectOrEmpty(span.attributes).stepIndex) !== 0 &&
        span.input !== undefined && {
          inputs: recordedContent(options, 'inputs', definedFields({ prompt: span.input, tools })),
        }),
      metadata: definedFields({
        requestId,
        responseId: stringOrUndefined(objectOrEmpty(body).id),
        ...recordedDetails(options, {
          ...unknownAttributes(span),
          ...otherSpanFields(span),
          ...nonEmptyFields({ providerMetadata, metadata: unknown }),
        }),
      }),
    },
  };
}

/** The uses of the provider's own tools, by the body of a response. Mastra does not pass on the body of a stream. */
function toolUsesIn(body: JsonObject): Billing {
  const shape = body.object === 'response' ? openAIResponses : geminiGenerate;
  if (shape === geminiGenerate && body.candidates === undefined) return {};
  return readWhole(shape, body).response().billing ?? {};
}

/** The facts of a `model_generation` span about all its model calls, which are recorded with the last one. */
export function modelGenerationFacts(
  span: JsonObject,
  options: CallOptions,
): { readonly billing: Billing; readonly update: StepUpdate } {
  const { reasoning, reasoningText, sources, files, warnings, status, ...output } = objectOrEmpty(
    span.output,
  );
  const { reason, toolName, toolCallId } = output;
  const { costContext } = objectOrEmpty(span.attributes);
  const { estimatedCost, costUnit } = objectOrEmpty(costContext);
  const isInUSD = costUnit === undefined || /^usd$/i.test(String(costUnit));
  const thoughts = arrayOrEmpty(reasoning)
    .map(
      (each) =>
        stringOrUndefined(objectOrEmpty(each).text) ??
        stringOrUndefined(objectOrEmpty(objectOrEmpty(each).payload).text),
    )
    .filter((each) => each !== undefined);
  const interrupted = status === undefined ? undefined : { status, reason, toolName, toolCallId };
  const metadata = definedFields({
    reasoning: recordedContent(
      options,
      'output',
      stringOrUndefined(reasoningText) || thoughts.join('') || undefined,
    ),
    ...recordedDetails(options, {
      ...unknownAttributes(span),
      ...otherSpanFields(span),
      ...nonEmptyFields({ sources, files, warnings, costContext }),
      ...(interrupted !== undefined && { interrupted: definedFields(interrupted) }),
    }),
  });
  return {
    billing: isInUSD ? definedFields({ estimatedCost: countOrUndefined(estimatedCost) }) : {},
    update: { metadata },
  };
}
