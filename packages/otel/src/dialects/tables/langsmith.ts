/** The OpenTelemetry export of LangSmith. */

import type { Dialect } from '../dialect.js';

export const langSmith: Dialect = {
  name: 'langsmith',
  // The status of its spans is OK in any case.
  exceptionsAreErrors: true,
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
    'langsmith.metadata.LANGSMITH_TRACING': 'left',
    'langsmith.metadata.LANGSMITH_OTEL_ENABLED': 'left',
    'langsmith.metadata.usage_metadata': 'usage',
    'langsmith.metadata.*': 'metadata.*',
    'langsmith.usage_metadata': 'usage',
    'langsmith.trace.session_name': 'metadata.project',
    'langsmith.trace.name': 'left',
    'langsmith.trace.id': 'left',
    'langsmith.span.id': 'left',
    'langsmith.span.parent_id': 'left',
    'langsmith.span.dotted_order': 'left',
    'langsmith.traceable': 'left',
    'langsmith.traceable_parent_otel_span_id': 'left',
    'langsmith.span.tags': 'tags',
    'gen_ai.serialized.*': 'left',
  },
};
