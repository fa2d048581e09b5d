/** Google's embeddings and images: `:embedContent`, `:batchEmbedContents`, and Vertex AI's `:predict`. */

import { withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { dimensionsOf } from '../reading/dimensions.js';
import { PlainReader, type PlainResponse } from '../reading/plain-reader.js';
import type { ModelRequest, Shape } from '../reading/shape.js';
import { modelIn } from './generate.js';
import { geminiBilling, geminiTokens, unknownGeminiUsage } from './usage.js';

export const geminiEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => /:(embedContent|batchEmbedContents)$/.test(url.pathname),
  describe: ({ url, params }) => ({
    inputs: {
      input:
        params.content ?? arrayOrEmpty(params.requests).map((each) => objectOrEmpty(each).content),
    },
    model: modelIn(url),
    modelParameters: {
      ...commonParameters(params.requests),
      ...fieldsExcept(params, 'model', 'content', 'requests'),
    },
  }),
  reader: (request) => new PlainReader((body) => readEmbeddings(body, request)),
};

/** The parameters that all requests of a batch have in common. */
function commonParameters(requests: unknown): JsonObject {
  const [first, ...others] = arrayOrEmpty(requests).map((each) =>
    fieldsExcept(objectOrEmpty(each), 'model', 'content'),
  );
  if (first === undefined) return {};
  const isAlike = ([key, value]: [string, unknown]) =>
    others.every((other) => JSON.stringify(other[key]) === JSON.stringify(value));
  return Object.fromEntries(Object.entries(first).filter(isAlike));
}

function readEmbeddings(body: unknown, { url }: ModelRequest): PlainResponse {
  const { embedding, embeddings, usageMetadata, ...unknown } = objectOrEmpty(body);
  const vectors = embedding === undefined ? arrayOrEmpty(embeddings) : [embedding];
  const tokens = geminiTokens(usageMetadata);
  return {
    ...(tokens !== undefined && { tokens: { ...tokens, total: tokens.total ?? tokens.input } }),
    billing: geminiBilling(url, usageMetadata),
    metadata: { usageMetadata: unknownGeminiUsage(usageMetadata) },
    details: knownFirst(unknownVectorFields(vectors), fieldsExcept(unknown, 'error')),
    fields: vectorFields(vectors),
  };
}

function vectorFields(vectors: readonly unknown[]): NonNullable<PlainResponse['fields']> {
  return vectors.length === 0
    ? {}
    : {
        embeddingCount: vectors.length,
        embeddingDimensions: dimensionsOf(objectOrEmpty(vectors[0]).values) || undefined,
      };
}

/** The fields of the single vectors other than their numbers. */
function unknownVectorFields(vectors: readonly unknown[]): JsonObject {
  const unknownFields = vectors.map((each) => fieldsExcept(objectOrEmpty(each), 'values'));
  return unknownFields.some((each) => Object.keys(each).length > 0)
    ? { embeddings: unknownFields }
    : {};
}

const PREDICT = /:predict$/;

/** Embeddings by `:predict`: each instance has a text or another content. */
export const vertexEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) =>
    PREDICT.test(url.pathname) &&
    (objectOrEmpty(arrayOrEmpty(params.instances)[0]).content !== undefined ||
      /embedding|gecko/.test(modelIn(url) ?? '')),
  describe: ({ url, params }) => {
    const instances = arrayOrEmpty(params.instances).map(objectOrEmpty);
    return {
      inputs: { input: instances.map((each) => each.content ?? each) },
      model: modelIn(url),
      modelParameters: {
        ...fieldsExcept(commonParameters(instances), 'content'),
        ...fieldsExcept(params, 'instances', 'parameters'),
        ...objectOrEmpty(params.parameters),
      },
    };
  },
  reader: ({ url }) => new PlainReader((body) => readPredictedEmbeddings(body, url)),
};

function readPredictedEmbeddings(body: unknown, url: URL): PlainResponse {
  const { predictions, metadata, ...unknown } = objectOrEmpty(body);
  const vectors = arrayOrEmpty(predictions).map((each) =>
    objectOrEmpty(objectOrEmpty(each).embeddings),
  );
  const counts = vectors.map(({ statistics }) =>
    countOrUndefined(objectOrEmpty(statistics).token_count),
  );
  const input = counts.some((each) => each === undefined)
    ? undefined
    : counts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  const { billableCharacterCount, ...unknownOfMetadata } = objectOrEmpty(metadata);
  const characters = countOrUndefined(billableCharacterCount);
  return {
    ...(vectors.length > 0 && input !== undefined && { tokens: { input, total: input } }),
    billing: {
      ...geminiBilling(url, undefined),
      ...(characters !== undefined && { characters }),
    },
    details: knownFirst(
      {
        ...(Object.keys(unknownOfMetadata).length > 0 && { metadata: unknownOfMetadata }),
        ...unknownVectorFields(vectors),
      },
      fieldsExcept(unknown, 'error'),
    ),
    fields: vectorFields(vectors),
  };
}

/** Images that are created, edited, upscaled or segmented by `:predict`. */
export const vertexPredict: Shape<'chat_completion'> = {
  operation: 'Image',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    PREDICT.test(url.pathname) &&
    (/imag|try-on|recontext|upscal/.test(modelIn(url) ?? '') ||
      Object.keys(objectOrEmpty(arrayOrEmpty(params.instances)[0])).some((key) =>
        /^prompt$|images?$/i.test(key),
      )),
  describe: describeInstances,
  reader: ({ url }) => new PlainReader((body) => readPredictions(body, url)),
};

/** The same request to a model that the app has deployed: what it answers with is not known. */
export const vertexEndpoint: Shape<'chat_completion'> = {
  ...vertexPredict,
  operation: 'Prediction',
  matches: (request) =>
    /\/endpoints\//.test(request.url.pathname) && vertexPredict.matches(request),
};

/** Describes a request of Vertex AI by its instances. */
export function describeInstances({ url, params }: ModelRequest) {
  const instances = arrayOrEmpty(params.instances);
  return {
    inputs: instances.length === 1 ? objectOrEmpty(instances[0]) : { instances },
    model: modelIn(url),
    modelParameters: {
      ...fieldsExcept(params, 'instances', 'parameters'),
      ...objectOrEmpty(params.parameters),
    },
  };
}

function readPredictions(body: unknown, url: URL): PlainResponse {
  const { predictions, ...unknown } = objectOrEmpty(body);
  const output = arrayOrEmpty(predictions).map((each) => withoutMedia(each));
  const images = arrayOrEmpty(predictions).map(objectOrEmpty).filter(isImage);
  const reason = arrayOrEmpty(predictions)
    .map((each) => stringOrUndefined(objectOrEmpty(each).raiFilteredReason))
    .find(Boolean);
  return {
    output: output.length > 0 ? output : undefined,
    billing: {
      ...geminiBilling(url, undefined),
      ...(images.length > 0 && { pictures: images.length }),
    },
    details: fieldsExcept(unknown, 'error'),
    ...(images.length === 0 &&
      reason !== undefined && { failure: { type: 'RAI', message: reason } }),
  };
}

function isImage(prediction: JsonObject): boolean {
  return (
    isJsonObject(prediction) && (prediction.bytesBase64Encoded ?? prediction.gcsUri) !== undefined
  );
}
