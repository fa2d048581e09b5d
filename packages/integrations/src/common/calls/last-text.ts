import { objectOrEmpty, stringOrUndefined } from '../json.js';

/** The last string of a prompt, of messages or of values; undefined if there is none. Identifies an announced request. */
export function lastText(prompt: unknown): string | undefined {
  if (typeof prompt === 'string') return prompt || undefined;
  if (Array.isArray(prompt)) {
    for (let i = prompt.length - 1; i >= 0; i--) {
      const found = lastText(prompt[i]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const { content, text: part } = objectOrEmpty(prompt);
  return content === undefined ? stringOrUndefined(part) || undefined : lastText(content);
}
