/** Requests to Amazon Bedrock's knowledge bases, and the other requests of the same service, such as to optimize a prompt. */

import {
  definedFields,
  fieldsExcept,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ResponseReader, Shape } from '../reading/shape.js';
import { AgentReader, guardrailFailure } from './agent-reader.js';
import { pathParameters } from './agent-runtime.js';
import { bedrockModelIn } from './model-id.js';

const retrieve: Shape<'retriever'> = {
  operation: 'Retrieve',
  type: 'retriever',
  matches: ({ url, params }) =>
    /\/knowledgebases\/[^/]+\/retrieve$/.test(url.pathname) && params.retrievalQuery !== undefined,
  describe: ({ url, params }) => ({
    inputs: {
      query: stringOrUndefined(objectOrEmpty(params.retrievalQuery).text) ?? params.retrievalQuery,
    },
    modelParameters: {
      ...pathParameters(url, /\/knowledgebases\/([^/]+)\//, 'knowledgeBaseId'),
      ...fieldsExcept(params, 'retrievalQuery'),
    },
  }),
  reader: () => fieldReader('retrievalResults'),
};

const rerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url, params }) => url.pathname.endsWith('/rerank') && Array.isArray(params.sources),
  describe: ({ params }) => {
    const { queries, sources, rerankingConfiguration, ...others } = params;
    const { modelConfiguration } = objectOrEmpty(
      objectOrEmpty(rerankingConfiguration).bedrockRerankingConfiguration,
    );
    return {
      inputs: { queries, sources },
      model: bedrockModelIn(objectOrEmpty(modelConfiguration).modelArn),
      modelParameters: definedFields({ ...others, rerankingConfiguration }),
    };
  },
  reader: () => fieldReader('results'),
};

const generate: Shape<'chat_completion'> = {
  operation: 'Retrieve And Generate',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    /\/retrieveAndGenerate(Stream)?$/.test(url.pathname) && params.input !== undefined,
  describe: ({ params }) => {
    const { input, retrieveAndGenerateConfiguration: configuration, ...others } = params;
    const { knowledgeBaseConfiguration, externalSourcesConfiguration } =
      objectOrEmpty(configuration);
    const used = objectOrEmpty(knowledgeBaseConfiguration ?? externalSourcesConfiguration);
    return {
      inputs: {
        prompt: [{ role: 'user', content: stringOrUndefined(objectOrEmpty(input).text) ?? input }],
        ...(used.sources !== undefined && { sources: used.sources }),
      },
      model: bedrockModelIn(used.modelArn),
      modelParameters: { ...definedFields(others), ...fieldsExcept(used, 'modelArn', 'sources') },
    };
  },
  reader: () => new AgentReader(),
};

const agenticRetrieve: Shape<'retriever'> = {
  operation: 'Agentic Retrieve',
  type: 'retriever',
  matches: ({ url }) => url.pathname.endsWith('/agenticRetrieveStream'),
  describe: ({ params }) => ({
    inputs: { messages: params.messages },
    modelParameters: fieldsExcept(params, 'messages'),
  }),
  reader: () => new AgentReader(),
};

const query: Shape<'chat_completion'> = {
  operation: 'Generate Query',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/generateQuery') && params.queryGenerationInput !== undefined,
  describe: ({ params }) => {
    const { queryGenerationInput: input, ...others } = params;
    return {
      inputs: {
        prompt: [{ role: 'user', content: stringOrUndefined(objectOrEmpty(input).text) ?? input }],
      },
      modelParameters: definedFields(others),
    };
  },
  reader: () => fieldReader('queries'),
};

const optimizedPrompt: Shape<'chat_completion'> = {
  operation: 'Optimize Prompt',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/optimize-prompt') && params.targetModelId !== undefined,
  describe: ({ params }) => {
    const { input, targetModelId, ...others } = params;
    return {
      inputs: { prompt: [{ role: 'user', content: input }] },
      model: bedrockModelIn(targetModelId),
      modelParameters: definedFields(others),
    };
  },
  reader: () => new AgentReader(),
};

export const bedrockKnowledgeBases: readonly Shape[] = [
  retrieve,
  generate,
  rerank,
  agenticRetrieve,
  query,
  optimizedPrompt,
];

/** Reads a response that is one JSON object, of which one field is the output. */
function fieldReader(field: string): ResponseReader {
  return new PlainReader((body) => {
    const response = objectOrEmpty(body);
    return {
      failure: guardrailFailure(body),
      output: response[field] ?? body,
      details: response[field] === undefined ? {} : presentFields(fieldsExcept(response, field)),
    };
  });
}
