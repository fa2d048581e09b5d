import type { Database } from './database.js';

export interface Hut {
  readonly title: string;
  readonly text: string;
}

export const HUTS: readonly Hut[] = [
  {
    title: 'Heron Hut',
    text: 'Heron Hut has 24 beds and a stove. A bed costs 30 dollars a night.',
  },
  {
    title: 'Cairn Hut',
    text: 'Cairn Hut has 8 beds and no stove. It stays open in winter.',
  },
];

const SEARCH = `
  SELECT title, text FROM huts
  WHERE to_tsvector('english', text) @@ to_tsquery('english', $1)
  ORDER BY ts_rank(to_tsvector('english', text), to_tsquery('english', $1)) DESC, title
  LIMIT 2`;

/** The huts that match a word of the question, best first, at most two. */
export async function findHuts(database: Database, question: string): Promise<readonly Hut[]> {
  const words = question.match(/\p{L}+/gu) ?? [];
  const { rows } = await database.query<Hut>(SEARCH, [words.join(' | ')]);
  return rows;
}
