import MiniSearch from 'minisearch';
import type { Passage } from './corpus.js';

/** A passage that was found. */
export interface FoundPassage extends Passage {
  /** How well it matches. Scores of different searches are not comparable. */
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

/** A word as it is indexed, without the endings of plurals and verbs; null for stop words. */
function toTerm(word: string): string | null {
  const lower = word.toLowerCase();
  if (STOP_WORDS.has(lower)) return null;
  return lower.length > 4 ? lower.replace(/(ies|ing|ed|es|s|y|e)$/, '') : lower.replace(/s$/, '');
}

/** Words that say nothing about a subject, such as articles, prepositions and common verbs. */
const STOP_WORDS = new Set(
  `a about an and any are as at be been but by can could did do does for from had has have how i if in
  into is it its library long many may me much my of on one or our should so some somebody someone that the
  their them there these they this to us was we what when where which who why will with would you your
  ask bring come find get give go happen keep know let like make need put take tell use want`.split(
    /\s+/,
  ),
);
