import type { Message } from './chat-request.js';
import { extractQuotes, type Quote } from './extract.js';
import { type Passage, readPrompt } from './prompt.js';

export const NOTHING_FOUND = 'I found nothing about that in the passages I was given.';

/**
 * The extractive model: quotes the sentences that answer the last question, or says that there are
 * none. The same messages always get the same answer.
 */
export function answerTo(messages: readonly Message[]): string {
  const quotes = extractQuotes(readPrompt(messages));
  return quotes.length === 0 ? NOTHING_FOUND : toProse(quotes);
}

/** The quotes by passage: the best passage first, within each as they stand in it. */
function toProse(quotes: readonly Quote[]): string {
  const byPassage = new Map<Passage, Quote[]>();
  for (const quote of quotes) {
    byPassage.set(quote.passage, [...(byPassage.get(quote.passage) ?? []), quote]);
  }
  return [...byPassage].map(([{ title }, group]) => toQuotation(title, group)).join(' ');
}

function toQuotation(title: string | undefined, quotes: readonly Quote[]): string {
  const inOrder = quotes.toSorted((a, b) => a.index - b.index);
  const text = inOrder.reduce((joined, quote, i) => {
    const before = inOrder[i - 1];
    if (before === undefined) return quote.text;
    return `${joined}${quote.index === before.index + 1 ? ' ' : ' … '}${quote.text}`;
  }, '');
  return title === undefined ? `“${text}”` : `${title}: “${text}”`;
}
