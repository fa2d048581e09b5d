/** Cohere's requests whose response is one JSON object: classification, parsing of documents, transcription and reranking. */

import { nameMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../shape.js';
import { billedTokens, cohereBilling, cohereMeta, cohereTokens, cohereWarnings } from './usage.js';

export const cohereClassify: Shape<'guardrail'> = {
  operation: 'Classification',
  type: 'guardrail',
  matches: ({ url }) => url.pathname.endsWith('/v1/classify'),
  describe: ({ params }) => ({
    inputs: definedFields({ input: params.inputs, examples: params.examples }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'inputs', 'examples'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, classifications, meta, ...others } = objectOrEmpty(body);
      return {
        output: arrayOrEmpty(classifications).length > 0 ? classifications : undefined,
        billing: cohereBilling(meta),
        metadata: { responseId: stringOrUndefined(id), ...billedTokens(meta), ...cohereMeta(meta) },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(others, 'error')),
      };
    }),
};

/** Parsing of documents, which is billed by the page. */
export const cohereParse: Shape<'chat_completion'> = {
  operation: 'Parse',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v2/parse'),
  describe: ({ params }) => ({
    inputs: { document: params.document },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'document'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, pages, meta, ...others } = objectOrEmpty(body);
      return {
        output: arrayOrEmpty(pages).length > 0 ? nameMedia(pages) : undefined,
        tokens: cohereTokens(meta),
        billing: cohereBilling(meta),
        metadata: { responseId: stringOrUndefined(id), ...cohereMeta(meta) },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(others, 'error')),
      };
    }),
};

export const cohereTranscription: Shape<'chat_completion'> = {
  operation: 'Transcription',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v2/audio/transcriptions'),
  describe: ({ params }) => ({
    inputs: definedFields({ file: params.file }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'file'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { text: transcript, ...others } = objectOrEmpty(body);
      return { output: stringOrUndefined(transcript), details: fieldsExcept(others, 'error') };
    }),
};

export const cohereRerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url }) => /\/v[12]\/rerank$/.test(url.pathname),
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: params.documents },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'query', 'documents'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, results, meta, ...others } = objectOrEmpty(body);
      return {
        output: results,
        billing: cohereBilling(meta),
        metadata: {
          responseId: stringOrUndefined(id),
          ...billedTokens(meta),
          ...cohereMeta(meta),
        },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(others, 'error')),
      };
    }),
};
