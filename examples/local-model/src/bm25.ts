/** Okapi BM25: how well each of some texts answers a query, by the terms they share. */

const K1 = 1.2;
const B = 0.75;

/** How well a text with these terms answers the query. 0 where they share no term. */
export type Bm25 = (query: readonly string[], terms: readonly string[]) => number;

/** A scorer for texts like these, each given by its terms: the rarer a term in them, the more it tells. */
export function createBm25(texts: readonly (readonly string[])[]): Bm25 {
  const holders = new Map<string, number>();
  for (const terms of texts) {
    for (const term of new Set(terms)) holders.set(term, (holders.get(term) ?? 0) + 1);
  }
  const total = texts.reduce((sum, terms) => sum + terms.length, 0);
  const meanLength = total / texts.length || 1;

  const weight = (term: string) => {
    const n = holders.get(term) ?? 0;
    return Math.log(1 + (texts.length - n + 0.5) / (n + 0.5));
  };
  return (query, terms) => {
    const lengthFactor = K1 * (1 - B + (B * terms.length) / meanLength);
    let score = 0;
    for (const term of query) {
      const count = terms.filter((candidate) => candidate === term).length;
      score += (weight(term) * count * (K1 + 1)) / (count + lengthFactor);
    }
    return score;
  };
}
