/** Picks the sentences that answer a question best. */

import { type Bm25, createBm25 } from './bm25.js';
import { toSentences, toTerms } from './language.js';
import type { Passage, Prompt } from './prompt.js';

/** A sentence of a passage, word for word. */
export interface Quote {
  readonly passage: Passage;
  /** Its place among the passage's sentences. */
  readonly index: number;
  readonly text: string;
}

/** Most sentences in an answer. */
const MAX_QUOTES = 3;
/** A further sentence must be this good, compared to the best one. */
const MIN_SHARE_OF_BEST = 0.6;
/** The share of the question, by weight of its terms, that the best passage must speak about. */
const MIN_COVERAGE = 0.35;
/** What a sentence gains from the passage around it. */
const PASSAGE_WEIGHT = 0.4;

/** One to three sentences, best first; none where no passage speaks about the question. */
export function extractQuotes({ question, passages }: Prompt): Quote[] {
  const query = toTerms(question);
  const candidates = passages.flatMap(toCandidates);
  const bm25 = createBm25(candidates.map(({ terms }) => terms));
  const ranked = candidates
    .map((candidate) => ({ ...candidate, score: scoreOf(candidate, query, bm25) }))
    .filter(({ terms, score }) => score > 0 && query.some((term) => terms.includes(term)))
    .sort((a, b) => b.score - a.score);

  const best = ranked[0];
  if (best === undefined || coverageOf(best, query, bm25) < MIN_COVERAGE) return [];
  return ranked.filter(({ score }) => score >= best.score * MIN_SHARE_OF_BEST).slice(0, MAX_QUOTES);
}

interface Candidate extends Quote {
  readonly terms: readonly string[];
  readonly passageTerms: readonly string[];
}

function toCandidates(passage: Passage): Candidate[] {
  const passageTerms = toTerms(`${passage.title ?? ''} ${passage.text}`);
  return toSentences(passage.text).map((text, index) => ({
    passage,
    index,
    text,
    terms: toTerms(text),
    passageTerms,
  }));
}

function scoreOf({ terms, passageTerms }: Candidate, query: readonly string[], bm25: Bm25): number {
  return bm25.score(query, terms) + PASSAGE_WEIGHT * bm25.score(query, passageTerms);
}

function coverageOf({ passageTerms }: Candidate, query: readonly string[], bm25: Bm25): number {
  const asked = [...new Set(query)];
  const known = asked.filter((term) => passageTerms.includes(term));
  return sumOf(known, bm25) / sumOf(asked, bm25);
}

function sumOf(terms: readonly string[], bm25: Bm25): number {
  return terms.reduce((sum, term) => sum + bm25.weight(term), 0);
}
