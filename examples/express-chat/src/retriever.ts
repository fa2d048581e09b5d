import MiniSearch from 'minisearch';
import type { Passage } from './corpus.js';

/** A passage that was found. */
export interface FoundPassage extends Passage {
  /** How well it matches; comparable within one search only. */
  readonly score: number;
}

export interface Retriever {
  /** The passages that match a question best, best first, at most `limit`. */
  search(question: string, limit: number): FoundPassage[];
}

/** Puts the passages into a full-text index. */
export function createRetriever(passages: readonly Passage[]): Retriever {
  const index = new MiniSearch<Passage>({
    fields: ['title', 'text'],
    storeFields: ['title', 'text'],
    processTerm: toTerm,
    searchOptions: { boost: { title: 1.5 }, prefix: (term) => term.length > 3, fuzzy: 0.15 },
  });
  index.addAll(passages);

  return {
    search: (question, limit) =>
      index
        .search(question)
        .slice(0, limit)
        .map(({ id, title, text, score }) => ({ id, title, text, score })),
  };
}

/** A word as it is indexed: without the endings of plurals and verbs; null for words that tell nothing. */
function toTerm(word: string): string | null {
  const lower = word.toLowerCase();
  if (STOP_WORDS.has(lower)) return null;
  return lower.length > 4 ? lower.replace(/(ies|ing|ed|es|s|y|e)$/, '') : lower.replace(/s$/, '');
}

const STOP_WORDS = new Set(
  `a about an and any are as at be but by can could do does for from get has have how i if in into is it its
  long many may me much my need of on one or our should so some that the their them there these they this to
  was we what when where which who will with would you your`.split(/\s+/),
);
