/** The SDK of Langfuse from version 4 on. */

import type { Dialect } from './dialect.js';

export const langfuse: Dialect = {
  name: 'langfuse',
  modelNamespaces: ['langfuse'],
  types: {
    'langfuse.observation.type': {
      generation: 'chat_completion',
      embedding: 'embedding',
      agent: 'agent',
      chain: 'chain',
      span: null,
      event: 'chain',
      evaluator: 'chain',
      tool: 'tool',
      retriever: 'retriever',
      guardrail: 'guardrail',
    },
  },
  attributes: {
    'langfuse.observation.model.name': 'model',
    'langfuse.observation.model.parameters': 'parameters',
    'langfuse.observation.usage_details': 'usage',
    'langfuse.observation.cost_details': 'costDetails',
    'langfuse.observation.input': 'inputs',
    'langfuse.observation.output': 'output',
    'langfuse.observation.completion_start_time': 'firstChunkAt',
    'langfuse.observation.level': 'level',
    'langfuse.observation.status_message': 'errorMessage',
    'langfuse.observation.prompt.name': 'metadata.promptName',
    'langfuse.observation.prompt.version': 'metadata.promptVersion',
    'langfuse.observation.metadata': 'metadata',
    'langfuse.observation.metadata.*': 'metadata.*',
    'langfuse.trace.metadata': 'metadata',
    'langfuse.trace.metadata.*': 'metadata.*',
    'langfuse.trace.tags': 'tags',
    'langfuse.trace.name': 'metadata.traceName',
    'langfuse.session.id': 'sessionId',
    'langfuse.user.id': 'userId',
    'langfuse.version': 'metadata.version',
    'langfuse.release': 'metadata.release',
    'langfuse.environment': 'metadata.environment',
    'langfuse.internal.*': 'ignored',
  },
};
