/** The OpenTelemetry export of LangSmith. */

import type { Dialect } from '../dialect.js';

export const langSmith: Dialect = {
  name: 'langsmith',
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
  },
  attributes: {
    'langsmith.trace.session_id': 'sessionId',
    'langsmith.metadata.session_id': 'sessionId',
    'langsmith.metadata.thread_id': 'sessionId',
    'langsmith.metadata.user_id': 'userId',
    'langsmith.metadata.*': 'metadata.*',
    'langsmith.span.tags': 'tags',
    'gen_ai.serialized.*': 'left',
  },
};
