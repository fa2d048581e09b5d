/** Google's embeddings and images: `:embedContent`, `:batchEmbedContents`, and Vertex AI's `:predict`. */

import { count, fieldsExcept, isRecord, type Json, list, record, text } from '../../common/json.js';
import { nameMedia } from '../../common/media.js';
import { dimensionsOf } from '../reading/dimensions.js';
import { type PlainAnswer, PlainReader } from '../reading/plain-reader.js';
import type { ModelRequest, Shape } from '../shape.js';
import { modelIn } from './generate.js';
import { geminiBilling, geminiTokens, otherUsage } from './usage.js';

export const geminiEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => /:(embedContent|batchEmbedContents)$/.test(url.pathname),
  describe: ({ url, params }) => ({
    inputs: { input: params.content ?? list(params.requests).map((each) => record(each).content) },
    model: modelIn(url),
    modelParameters: {
      ...settingsIn(params.requests),
      ...fieldsExcept(params, 'model', 'content', 'requests'),
    },
  }),
  reader: (request) => new PlainReader((body) => readEmbeddings(body, request)),
};

/** The parameters that all requests of a batch have in common. */
function settingsIn(requests: unknown): Json {
  const [first, ...others] = list(requests).map((each) =>
    fieldsExcept(record(each), 'model', 'content'),
  );
  if (first === undefined) return {};
  const isAlike = ([key, value]: [string, unknown]) =>
    others.every((other) => JSON.stringify(other[key]) === JSON.stringify(value));
  return Object.fromEntries(Object.entries(first).filter(isAlike));
}

function readEmbeddings(body: unknown, { url }: ModelRequest): PlainAnswer {
  const { embedding, embeddings, usageMetadata, ...others } = record(body);
  const vectors = embedding === undefined ? list(embeddings) : [embedding];
  const tokens = geminiTokens(usageMetadata);
  return {
    ...(tokens !== undefined && { tokens: { ...tokens, total: tokens.total ?? tokens.input } }),
    billing: geminiBilling(url, usageMetadata),
    metadata: { usageMetadata: otherUsage(usageMetadata) },
    details: { ...fieldsExcept(others, 'error'), ...otherVectorFields(vectors) },
    fields: vectorFields(vectors),
  };
}

function vectorFields(vectors: readonly unknown[]): NonNullable<PlainAnswer['fields']> {
  return vectors.length === 0
    ? {}
    : {
        embeddingCount: vectors.length,
        embeddingDimensions: dimensionsOf(record(vectors[0]).values) || undefined,
      };
}

/** The fields of the single vectors other than their numbers. */
function otherVectorFields(vectors: readonly unknown[]): Json {
  const otherFields = vectors.map((each) => fieldsExcept(record(each), 'values'));
  return otherFields.some((each) => Object.keys(each).length > 0)
    ? { embeddings: otherFields }
    : {};
}

const PREDICT = /:predict$/;

/** Embeddings by `:predict`: each instance has a text or another content. */
export const vertexEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) =>
    PREDICT.test(url.pathname) &&
    (record(list(params.instances)[0]).content !== undefined ||
      /embedding|gecko/.test(modelIn(url) ?? '')),
  describe: ({ url, params }) => {
    const instances = list(params.instances).map(record);
    return {
      inputs: { input: instances.map((each) => each.content ?? each) },
      model: modelIn(url),
      modelParameters: {
        ...fieldsExcept(settingsIn(instances), 'content'),
        ...fieldsExcept(params, 'instances', 'parameters'),
        ...record(params.parameters),
      },
    };
  },
  reader: ({ url }) => new PlainReader((body) => readPredictedEmbeddings(body, url)),
};

function readPredictedEmbeddings(body: unknown, url: URL): PlainAnswer {
  const { predictions, metadata, ...others } = record(body);
  const vectors = list(predictions).map((each) => record(record(each).embeddings));
  const counts = vectors.map(({ statistics }) => count(record(statistics).token_count));
  const input = counts.some((each) => each === undefined)
    ? undefined
    : counts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  const { billableCharacterCount, ...otherMetadata } = record(metadata);
  const characters = count(billableCharacterCount);
  return {
    ...(vectors.length > 0 && input !== undefined && { tokens: { input, total: input } }),
    billing: {
      ...geminiBilling(url, undefined),
      ...(characters !== undefined && { characters }),
    },
    details: {
      ...fieldsExcept(others, 'error'),
      ...(Object.keys(otherMetadata).length > 0 && { metadata: otherMetadata }),
      ...otherVectorFields(vectors),
    },
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
      Object.keys(record(list(params.instances)[0])).some((key) => /^prompt$|images?$/i.test(key))),
  describe: describeInstances,
  reader: ({ url }) => new PlainReader((body) => readPredictions(body, url)),
};

/** Describes a request of Vertex AI by its instances. */
export function describeInstances({ url, params }: ModelRequest) {
  const instances = list(params.instances);
  return {
    inputs: instances.length === 1 ? record(instances[0]) : { instances },
    model: modelIn(url),
    modelParameters: {
      ...fieldsExcept(params, 'instances', 'parameters'),
      ...record(params.parameters),
    },
  };
}

function readPredictions(body: unknown, url: URL): PlainAnswer {
  const { predictions, ...others } = record(body);
  const output = list(predictions).map((each) => nameMedia(each));
  const images = list(predictions).map(record).filter(isImage);
  const reason = list(predictions)
    .map((each) => text(record(each).raiFilteredReason))
    .find(Boolean);
  return {
    output: output.length > 0 ? output : undefined,
    billing: {
      ...geminiBilling(url, undefined),
      ...(images.length > 0 && { pictures: images.length }),
    },
    details: fieldsExcept(others, 'error'),
    ...(images.length === 0 &&
      reason !== undefined && { failure: { type: 'RAI', message: reason } }),
  };
}

function isImage(prediction: Json): boolean {
  return isRecord(prediction) && (prediction.bytesBase64Encoded ?? prediction.gcsUri) !== undefined;
}
