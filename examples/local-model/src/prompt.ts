/** Finds the question and the passages in a chat's messages. */

import type { Message } from './chat-request.js';

/** A text to quote from. */
export interface Passage {
  readonly title: string | undefined;
  readonly text: string;
}

/** A chat as the extractive model reads it. */
export interface Prompt {
  readonly question: string;
  readonly passages: readonly Passage[];
}

/**
 * The question is the last user message, or the part of it after a line that starts with `Question:`. Passages come from system,
 * developer and user messages, and from the results of tools for this question, in one of two forms:
 *
 * - `<passage title="Renewals">...</passage>`, or the same with `document`, `source` or `context`;
 * - without such tags, the paragraphs after a line that ends with `context:`, `passages:`, `documents:` or `sources:`, up to
 *   `Question:` or the end.
 */
export function readPrompt(messages: readonly Message[]): Prompt {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const asked = messages[last]?.text ?? '';
  const texts = messages
    .filter(({ role }, index) => role !== 'assistant' && (role !== 'tool' || index > last))
    .map(({ text }) => text);
  const tagged = texts.flatMap(taggedPassages);
  return {
    question: (QUESTION.exec(asked)?.[1] ?? asked).trim(),
    passages: tagged.length > 0 ? tagged : texts.flatMap(listedPassages),
  };
}

const QUESTION = /^\s*question:([\s\S]*)/im;
const TAGGED = /<(passage|document|source|context)\b([^>"]*(?:"[^"]*"[^>"]*)*)>([\s\S]*?)<\/\1>/gi;
const TITLE = /\btitle="([^"]*)"/i;
const LISTED = /^.*\b(?:context|passages|documents|sources):[ \t]*$([\s\S]*)/im;

function taggedPassages(text: string): Passage[] {
  return [...text.matchAll(TAGGED)].map(([, , attributes = '', body = '']) => ({
    title: TITLE.exec(attributes)?.[1],
    text: body.trim(),
  }));
}

function listedPassages(text: string): Passage[] {
  const list = LISTED.exec(text.replace(QUESTION, ''))?.[1] ?? '';
  return list
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => ({ title: undefined, text: paragraph }));
}
