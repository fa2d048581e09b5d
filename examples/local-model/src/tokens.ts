/** Token counts by OpenAI's o200k encoding. */

import { countTokens, decodeGenerator, encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { Message } from './chat-request.js';
import type { Tool } from './tools.js';

/** Counts `<|endoftext|>` and other control tokens as text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };
const TOKENS_PER_MESSAGE = 3;
const TOKENS_BEFORE_ANSWER = 3;

/** The number of tokens of a prompt, including those that OpenAI adds to each message. For tools that is an estimate. */
export function countPromptTokens(
  messages: readonly Message[],
  tools: readonly Tool[] = [],
): number {
  const counts = messages.map(
    ({ role, text }) =>
      TOKENS_PER_MESSAGE + countTokens(role, AS_TEXT) + countTokens(text, AS_TEXT),
  );
  const toolCounts = tools.map((tool) => countTokens(JSON.stringify(tool), AS_TEXT));
  return [...counts, ...toolCounts].reduce((sum, count) => sum + count, TOKENS_BEFORE_ANSWER);
}

/** The first tokens of a text. */
export interface TokenizedText {
  readonly text: string;
  readonly tokens: number;
  readonly isCut: boolean;
  /** The text, token by token. A token that ends within a character is joined with the next one. */
  readonly pieces: readonly string[];
}

/** Splits a text into tokens, and keeps the first `maxTokens`. */
export function tokenize(text: string, maxTokens = Number.POSITIVE_INFINITY): TokenizedText {
  const all = encode(text, AS_TEXT);
  const kept = all.slice(0, maxTokens);
  const pieces = [...decodeGenerator(kept)];
  return {
    text: pieces.join(''),
    tokens: kept.length,
    isCut: kept.length < all.length,
    pieces,
  };
}
