/** The OpenTelemetry export of LangSmith. */

import type { Dialect } from './dialect.js';

export const langSmith: Dialect = {
  name: 'langsmith',
  modelNamespaces: ['langsmith'],
  // The status of its spans is OK in any case.
  exceptionsAreErrors: true,
  // LangChain adds these to each model call.
  metadata: { ls_provider: 'provider', ls_model_name: 'requestModel' },
  notProviders: ['langchain', 'langsmith'],
  types: {
    'langsmith.span.kind': {
      llm: 'chat_completion',
      embedding: 'embedding',
      chain: 'chain',
      prompt: 'chain',
      parser: 'chain',
      tool: 'tool',
      retriever: 'retriever',
    },
    'gen_ai.operation.name': { chain: 'chain', tool: 'tool', llm: 'chat_completion' },
  },
  attributes: {
    'langsmith.trace.session_id': 'sessionId',
    'langsmith.metadata.session_id': 'sessionId',
    'langsmith.metadata.thread_id': 'sessionId',
    'langsmith.metadata.user_id': 'userId',
    'langsmith.metadata.LANGSMITH_TRACING': 'ignored',
    'langsmith.metadata.LANGSMITH_OTEL_ENABLED': 'ignored',
    'langsmith.metadata.usage_metadata': 'usage',
    'langsmith.metadata.*': 'metadata.*',
    'langsmith.usage_metadata': 'usage',
    'langsmith.trace.session_name': 'metadata.project',
    'langsmith.trace.name': 'ignored',
    'langsmith.trace.id': 'ignored',
    'langsmith.span.id': 'ignored',
    'langsmith.span.parent_id': 'ignored',
    'langsmith.span.dotted_order': 'ignored',
    'langsmith.traceable': 'ignored',
    'langsmith.traceable_parent_otel_span_id': 'ignored',
    'langsmith.span.tags': 'tags',
    'gen_ai.serialized.*': 'ignored',
  },
};
