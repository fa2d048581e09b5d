/** Exceptions in what providers bill in addition to tokens. */

/** A provider's own tools that cost nothing besides the tokens that they add. */
const FREE: Readonly<Record<string, readonly string[]>> = {
  openai: ['mcp', 'computer', 'local_shell', 'apply_patch', 'tool_search'],
  azure: ['mcp', 'computer', 'local_shell', 'apply_patch', 'tool_search'],
  anthropic: ['web_fetch', 'tool_search_tool_regex', 'tool_search_tool_bm25'],
  google: ['url_context', 'code_execution'],
};

/** Whether the use of a provider's own tool costs nothing by itself. */
export function isFreeTool(provider: string | undefined, tool: string): boolean {
  return provider !== undefined && (FREE[provider]?.includes(tool) ?? false);
}

/** Whether audio in a chat is billed by the minute, in addition to the tokens of the chat. */
export function isAudioBilledSeparately(provider: string | undefined): boolean {
  return provider === 'mistral';
}
