/** Okapi BM25: scores texts by the terms that they share with a query. */

const K1 = 1.2;
const B = 0.75;

/** The score of a text, given by its terms. 0 if it shares no term with the query. */
export type Bm25 = (query: readonly string[], terms: readonly string[]) => number;

/** A scorer for these texts, each given by its terms. The fewer texts have a term, the more it counts. */
export function createBm25(texts: readonly (readonly string[])[]): Bm25 {
  const textsWith = new Map<string, number>();
  for (const terms of texts) {
    for (const term of new Set(terms)) textsWith.set(term, (textsWith.get(term) ?? 0) + 1);
  }
  const total = texts.reduce((sum, terms) => sum + terms.length, 0);
  const meanLength = total / texts.length || 1;

  const weight = (term: string) => {
    const n = textsWith.get(term) ?? 0;
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
