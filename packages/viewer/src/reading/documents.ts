/** Reads the documents that a step retrieved, in the forms of the frameworks. */

import type { StepContent } from '../../../local/src/page-api.js';

export interface RetrievedDocument {
  readonly text: string | undefined;
  readonly title: string | undefined;
  readonly score: number | undefined;
  /** Whether the score is a distance: the nearest document is the best. */
  readonly isDistance: boolean;
  readonly others: Readonly<Record<string, unknown>>;
  /** The array that the document is from. */
  readonly list: unknown;
}

const TEXTS = [
  'text',
  'content',
  'pageContent',
  'page_content',
  'body',
  'document',
  'chunk',
  'passage',
];
const TITLES = ['title', 'name', 'source', 'url', 'filename', 'id'];
const SCORES = [
  'score',
  'similarity',
  'relevance',
  'relevance_score',
  'relevanceScore',
  'distance',
];

/** The documents of a step: its field for them, or the output of a retriever if it has their form. */
export function documentsOf({ documents, output }: StepContent): readonly RetrievedDocument[] {
  if (Array.isArray(documents) && documents.length > 0) {
    return documents.map((each: unknown) => readDocument(each, documents));
  }
  const found: unknown[] = Array.isArray(output) ? output : [];
  const read = found.map((each) => readDocument(each, output));
  return read.length > 0 &&
    read.every(({ text, score }) => text !== undefined && score !== undefined)
    ? read
    : [];
}

function readDocument(value: unknown, list: unknown): RetrievedDocument {
  if (typeof value !== 'object' || value === null) {
    return {
      text: String(value),
      title: undefined,
      score: undefined,
      isDistance: false,
      others: {},
      list,
    };
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const inner = fields.metadata as Readonly<Record<string, unknown>> | null | undefined;
  const text = TEXTS.find((name) => typeof fields[name] === 'string');
  const title = TITLES.find((name) => typeof fields[name] === 'string' && name !== text);
  const score = SCORES.find((name) => typeof fields[name] === 'number');
  const source = typeof inner === 'object' && inner !== null ? inner.source : undefined;
  const used = new Set([text, title, score]);
  return {
    text: text === undefined ? undefined : String(fields[text]),
    title:
      title === undefined
        ? typeof source === 'string'
          ? source
          : undefined
        : String(fields[title]),
    score: score === undefined ? undefined : Number(fields[score]),
    isDistance: score === 'distance',
    others: Object.fromEntries(Object.entries(fields).filter(([name]) => !used.has(name))),
    list,
  };
}
