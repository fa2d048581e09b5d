/** Picks the sentences that answer a question best. */

import { type Bm25, createBm25 } from './bm25.js';
import { toSentences, toTerms } from './language.js';
import type { Passage, Prompt } from './prompt.js';

/** A sentence of a passage, word for word. */
export interface Quote {
  readonly passage: Passage;
  /** Its index among the passage's sentences. */
  readonly index: number;
  readonly text: string;
}

/** Largest number of sentences in an answer. */
const MAX_QUOTES = 3;
/** The least score of a further sentence, as a share of the best one's. */
const MIN_SHARE_OF_BEST = 0.7;
/** The least share of the question's terms that the best passage must have. */
const MIN_COVERAGE = 0.5;
/** How much the score of the whole passage counts for each of its sentences. */
const PASSAGE_WEIGHT = 0.3;
/** How much less each passage counts than the one before it, since retrievers return the best one first. */
const ORDER_PENALTY = 0.1;

/** One to three sentences, best first; none if no passage has enough terms of the question. */
export function extractQuotes({ question, passages }: Prompt): Quote[] {
  const query = [...new Set(toTerms(question))];
  const candidates = passages.flatMap(toCandidates);
  const bm25 = createBm25(candidates.map(({ terms }) => terms));
  const ranked = candidates
    .filter(({ terms }) => coverage(query, terms) > 0)
    .map((candidate) => ({ ...candidate, score: scoreOf(candidate, query, bm25) }))
    .sort((a, b) => b.score - a.score);

  const best = ranked[0];
  if (best === undefined || coverage(query, best.passageTerms) < MIN_COVERAGE) return [];
  return ranked.filter(({ score }) => score >= best.score * MIN_SHARE_OF_BEST).slice(0, MAX_QUOTES);
}

interface Candidate extends Quote {
  readonly terms: readonly string[];
  readonly passageTerms: readonly string[];
  readonly passageRank: number;
}

function toCandidates(passage: Passage, passageRank: number): Candidate[] {
  const passageTerms = toTerms(`${passage.title ?? ''} ${passage.text}`);
  return toSentences(passage.text).map((text, index) => ({
    passage,
    passageRank,
    passageTerms,
    index,
    text,
    terms: toTerms(text),
  }));
}

function scoreOf(candidate: Candidate, query: readonly string[], score: Bm25): number {
  const { terms, passageTerms, passageRank } = candidate;
  // A sentence with two terms of the question is better than one with the same term twice.
  const own = score(query, terms) * (0.5 + 0.5 * coverage(query, terms));
  return (own + PASSAGE_WEIGHT * score(query, passageTerms)) / (1 + ORDER_PENALTY * passageRank);
}

/** The share of a question's terms that a text has. */
function coverage(query: readonly string[], terms: readonly string[]): number {
  if (query.length === 0) return 0;
  return query.filter((term) => terms.includes(term)).length / query.length;
}
