/** The dialects by their names, as a step states which of them its span followed. */
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
