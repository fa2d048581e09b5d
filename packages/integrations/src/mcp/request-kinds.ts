/** The requests of the protocol that become steps. */

import type { StepOptions, StepUpdate } from '@openlayer-tracing/core/integration';
import { base64Placeholder } from '../common/content/media.js';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { toolError } from '../common/failures/call-error.js';
import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  isSameJson,
  type JsonObject,
  nonEmptyFields,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { wordSet } from '../common/words.js';

/** A request of the protocol, and how it becomes a step. */
export interface RequestKind {
  /** The method of the protocol. */
  readonly method: string;
  /** The method of the SDK that sends the request. */
  readonly sdkMethod: string;
  stepOptions(params: JsonObject, options: CallOptions): StepOptions;
  update(result: JsonObject, options: CallOptions): StepUpdate;
  /** The recordable form of the error that a result states; undefined if there is none. */
  failure?(result: JsonObject, options: CallOptions): unknown;
}

/** Fields of a result that have a field of their own in the step. */
const KNOWN = wordSet('content structuredContent isError contents messages description');

/** Parameters that all requests may have, or that are read. */
const KNOWN_OF_PARAMS = wordSet('_meta name arguments uri');

/** The metadata for other parameters of a request: how a task runs, earlier answers of the user. */
function otherParams(params: JsonObject, options: CallOptions): JsonObject {
  const others = nonEmptyFields(params, KNOWN_OF_PARAMS);
  const request = nonEmptyObjectOrUndefined(others);
  return definedFields({ request: recordedContent(options, 'inputs', request) });
}

const tool: RequestKind = {
  method: 'tools/call',
  sdkMethod: 'callTool',
  stepOptions(params, options) {
    const called = stringOrUndefined(params.name) ?? 'tool';
    const inputs = recordedContent(options, 'inputs', params.arguments);
    return {
      metadata: otherParams(params, options),
      name: called,
      type: 'tool',
      inputs,
      functionName: called,
      arguments: inputs,
    } as StepOptions;
  },
  update: (result, options) => ({
    output: recordedContent(options, 'output', outputOfResult(result)),
    metadata: recordedDetails(options, nonEmptyFields(result, KNOWN)),
  }),
  failure({ content, isError }, options) {
    if (isError !== true) return undefined;
    return toolError(options, joinedTexts(arrayOrEmpty(content)));
  },
};

const resource: RequestKind = {
  method: 'resources/read',
  sdkMethod: 'readResource',
  stepOptions: (params, options) => ({
    name: 'read resource',
    type: 'retriever',
    inputs: recordedContent(options, 'inputs', { uri: params.uri }),
    metadata: otherParams(params, options),
  }),
  update(result, options) {
    const documents = recordedContent(
      options,
      'output',
      arrayOrEmpty(result.contents).map(withoutBlob),
    );
    return {
      output: documents,
      ...(Array.isArray(documents) && { documents }),
      metadata: recordedDetails(options, nonEmptyFields(result, KNOWN)),
    } as StepUpdate;
  },
};

const prompt: RequestKind = {
  method: 'prompts/get',
  sdkMethod: 'getPrompt',
  stepOptions: (params, options) => ({
    name: stringOrUndefined(params.name) ?? 'prompt',
    type: 'chain',
    inputs: recordedContent(options, 'inputs', params.arguments),
    metadata: otherParams(params, options),
  }),
  update: (result, options) => ({
    output: recordedContent(options, 'output', result.messages),
    metadata: recordedDetails(options, {
      ...nonEmptyFields(result, KNOWN),
      ...definedFields({ description: stringOrUndefined(result.description) }),
    }),
  }),
};

/** The server sends a prompt to the model of the client. The client's own call of the model is recorded separately. */
const sampling: RequestKind = {
  method: 'sampling/createMessage',
  sdkMethod: 'createMessage',
  stepOptions: (params, options) => ({
    name: 'sampling',
    type: 'chain',
    inputs: recordedContent(options, 'inputs', nonEmptyFields(params, KNOWN_OF_PARAMS)),
  }),
  update: ({ content, model, stopReason, role: _role, ...unknown }, options) => ({
    output: recordedContent(options, 'output', outputOfResult({ content: [content].flat() })),
    metadata: {
      ...recordedDetails(options, nonEmptyFields(unknown, KNOWN)),
      ...definedFields({
        model: stringOrUndefined(model),
        finishReason: stringOrUndefined(stopReason),
      }),
    },
  }),
};

/** The server asks the user of the client for input. */
const elicitation: RequestKind = {
  method: 'elicitation/create',
  sdkMethod: 'elicitInput',
  stepOptions: (params, options) => ({
    name: 'elicitation',
    type: 'chain',
    inputs: recordedContent(options, 'inputs', nonEmptyFields(params, KNOWN_OF_PARAMS)),
  }),
  update: ({ content, action, ...unknown }, options) => ({
    output: recordedContent(options, 'output', content),
    metadata: {
      ...recordedDetails(options, nonEmptyFields(unknown, KNOWN)),
      ...definedFields({ action: stringOrUndefined(action) }),
    },
  }),
};

/** The requests that servers handle. */
export const SERVER_REQUESTS: readonly RequestKind[] = [tool, resource, prompt];
/** The requests that clients handle. */
export const CLIENT_REQUESTS: readonly RequestKind[] = [sampling, elicitation];

/** The output for a result: its text or its structured content if there is nothing else, else an object of all parts. */
function outputOfResult({ content, structuredContent }: JsonObject): unknown {
  const parts = arrayOrEmpty(content);
  const text = joinedTexts(parts);
  const others = parts.map(otherThanText).filter((part) => part !== undefined);
  if (others.length === 0) {
    if (structuredContent === undefined) return parts.length > 0 ? text : undefined;
    // Servers repeat the structured content as text, for clients that do not support it.
    if (text === '' || isSameJson(tryParseJson(text), structuredContent)) return structuredContent;
  }
  return definedFields({
    content: text === '' ? undefined : text,
    structuredContent,
    parts: others.length > 0 ? others : undefined,
  });
}

function joinedTexts(parts: readonly unknown[]): string {
  return parts
    .filter(isText)
    .map((part) => stringOrUndefined(objectOrEmpty(part).text))
    .join('\n');
}

function isText(part: unknown): boolean {
  const { type, text: partText } = objectOrEmpty(part);
  return type === 'text' && typeof partText === 'string';
}

/** A part that is no text, or the annotations of a text: its audience, its priority. Undefined for a text without them. */
function otherThanText(part: unknown): unknown {
  if (!isText(part)) return withoutBlob(part);
  const more = nonEmptyFields(objectOrEmpty(part), KNOWN_OF_TEXT);
  return Object.keys(more).length > 0 ? { type: 'text', ...more } : undefined;
}

const KNOWN_OF_TEXT = wordSet('type text');

/** The part with a placeholder in place of the bytes of its resource. */
function withoutBlob(part: unknown): unknown {
  if (!isJsonObject(part)) return part;
  if (isJsonObject(part.resource)) return { ...part, resource: withoutBlob(part.resource) };
  const { blob, mimeType } = part;
  return typeof blob === 'string'
    ? { ...part, blob: base64Placeholder(blob, stringOrUndefined(mimeType) ?? 'binary') }
    : part;
}
