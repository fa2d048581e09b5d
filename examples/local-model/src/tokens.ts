/** Token counts by OpenAI's o200k encoding. */

import { countTokens, decodeGenerator, encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { Message } from './chat-request.js';
import type { Tool } from './tools.js';

/** Nothing in a text is a control token: `<|endoftext|>` is text like any other. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };
const TOKENS_PER_MESSAGE = 3;
const TOKENS_BEFORE_ANSWER = 3;

/** The tokens of a chat's prompt, with what OpenAI counts around each message. How it counts tools is not known. */
export function countPromptTokens(
  messages: readonly Message[],
  tools: readonly Tool[] = [],
): number {
  const counts = messages.map(
    ({ role, text }) =>
      TOKENS_PER_MESSAGE + countTokens(role, AS_TEXT) + countTokens(text, AS_TEXT),
  );
  const offered = tools.map((tool) => countTokens(JSON.stringify(tool), AS_TEXT));
  return [...counts, ...offered].reduce((sum, count) => sum + count, TOKENS_BEFORE_ANSWER);
}

/** A text cut after at most `maxTokens` tokens. */
export interface TokenizedText {
  readonly text: string;
  readonly tokens: number;
  readonly isCut: boolean;
  /** The text, a token at a time; tokens that end within a character come with the next one. */
  readonly pieces: readonly string[];
}

/** Splits a text into its tokens, the first `maxTokens` of them. */
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
