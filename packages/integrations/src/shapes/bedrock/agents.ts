/** Requests to Amazon Bedrock's agents. */

import { definedFields, fieldsExcept } from '../../common/json.js';
import type { Shape } from '../reading/shape.js';
import { AgentReader } from './agent-reader.js';
import { pathParameters } from './agent-runtime.js';
import { bedrockModelIn } from './model-id.js';

const AGENT = /\/agents\/([^/]+)\/agentAliases\/([^/]+)\/sessions\/([^/]+)\/text$/;
const INLINE_AGENT = /\/agents\/([^/]+)$/;

export const bedrockAgent: Shape<'agent'> = {
  operation: 'Agent',
  type: 'agent',
  matches: ({ url }) => AGENT.test(url.pathname),
  describe: ({ url, params }) => ({
    inputs: { input: params.inputText },
    modelParameters: {
      ...pathParameters(url, AGENT, 'agentId', 'agentAliasId', 'sessionId'),
      ...fieldsExcept(params, 'inputText'),
    },
  }),
  reader: () => new AgentReader(),
};

/** Its path matches the paths of other requests too. */
export const bedrockInlineAgent: Shape<'agent'> = {
  operation: 'Inline Agent',
  type: 'agent',
  matches: ({ url, params }) =>
    INLINE_AGENT.test(url.pathname) && params.foundationModel !== undefined,
  describe: ({ url, params }) => {
    const { inputText, instruction, foundationModel, ...others } = params;
    return {
      inputs: { input: inputText, instruction },
      model: bedrockModelIn(foundationModel),
      modelParameters: {
        ...pathParameters(url, INLINE_AGENT, 'sessionId'),
        ...definedFields(others),
      },
    };
  },
  reader: () => new AgentReader(),
};
