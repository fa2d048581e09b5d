import type { Message } from './chat-request.js';
import { extractQuotes, type Quote } from './extract.js';
import { readPrompt } from './prompt.js';

export const NOTHING_FOUND = 'I found nothing about that in the passages I was given.';

/**
 * The extractive model: quotes the sentences that answer the last question, or says that there are none. The same messages
 * always have the same answer.
 */
export function answerTo(messages: readonly Message[]): string {
  const quotes = extractQuotes(readPrompt(messages));
  return quotes.length === 0 ? NOTHING_FOUND : toProse(quotes);
}

/** The quotes as text: grouped by title, the best group first, and in the passage's own order within a passage. */
function toProse(quotes: readonly Quote[]): string {
  const byTitle = new Map<string | undefined, Quote[]>();
  for (const quote of quotes) {
    const { title } = quote.passage;
    byTitle.set(title, [...(byTitle.get(title) ?? []), quote]);
  }
  return [...byTitle]
    .map(([title, group]) => `${title === undefined ? '' : `${title}: `}“${joined(group)}”`)
    .join(' ');
}

/** Joins sentences that follow each other by a space, and others by a mark. */
function joined(quotes: readonly Quote[]): string {
  const passages = [...new Set(quotes.map(({ passage }) => passage))];
  return passages
    .flatMap((passage) =>
      quotes.filter((quote) => quote.passage === passage).sort((a, b) => a.index - b.index),
    )
    .map((quote, i, all) => {
      if (i === 0) return quote.text;
      const before = all[i - 1];
      const follows = before?.passage === quote.passage && before.index + 1 === quote.index;
      return `${follows ? ' ' : ' … '}${quote.text}`;
    })
    .join('');
}
