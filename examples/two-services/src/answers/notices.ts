import MiniSearch from 'minisearch';

/** A notice at the pier. */
export interface Notice {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

const NOTICES: readonly Notice[] = [
  {
    id: 'timetable',
    title: 'Timetable',
    text: 'The ferry to Gull Island leaves every hour from seven to nineteen. On Sundays the first one leaves at nine.',
  },
  {
    id: 'fares',
    title: 'Fares',
    text: 'A ticket to Gull Island costs 6 dollars. Children under ten travel for free.',
  },
  {
    id: 'bicycles',
    title: 'Bicycles',
    text: 'A bicycle needs a ticket of 2 dollars. There is room for twelve bicycles on each ferry.',
  },
  {
    id: 'storms',
    title: 'Storms',
    text: 'No ferry leaves when the wind is above 50 knots. The harbour office decides at six.',
  },
];

const index = new MiniSearch<Notice>({
  fields: ['title', 'text'],
  storeFields: ['title', 'text'],
  searchOptions: { boost: { title: 1.5 }, prefix: (term) => term.length > 3, fuzzy: 0.15 },
});
index.addAll(NOTICES);

/** The notices that match a question best, best first, at most two. */
export function findNotices(question: string): Notice[] {
  return index
    .search(question)
    .slice(0, 2)
    .map(({ id, title, text }) => ({ id, title, text }));
}
