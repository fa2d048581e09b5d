/** Names of the dialects. `stepOfSpan` states of which of them it read attributes. */
export type DialectName =
  | 'openlayer'
  | 'langfuse'
  | 'gen_ai'
  | 'openinference'
  | 'openllmetry'
  | 'ai_sdk'
  | 'langsmith'
  | 'logfire'
  | 'mcp'
  | 'http'
  | 'db'
  | 'common';
