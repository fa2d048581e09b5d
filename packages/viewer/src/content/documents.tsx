/** Documents that a step retrieved, with their scores. */

import { type ReactNode, useState } from 'react';
import type { StepContent } from '../../../local/src/page-api.js';
import { plural } from '../format.js';
import { CopyButton } from '../ui/copy-button.js';
import { LongText } from '../ui/long-text.js';
import { VisibleText } from '../ui/visible-text.js';
import css from './documents.module.css';
import { JsonTree } from './json-tree.js';

interface RetrievedDocument {
  readonly text: string | undefined;
  readonly title: string | undefined;
  readonly score: number | undefined;
  readonly others: Readonly<Record<string, unknown>>;
  /** The array that the document is from. */
  readonly list: unknown;
}

/** A step may have very many documents. */
const DOCUMENTS_AT_ONCE = 100;

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
    return { text: String(value), title: undefined, score: undefined, others: {}, list };
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
    others: Object.fromEntries(Object.entries(fields).filter(([name]) => !used.has(name))),
    list,
  };
}

export function Documents({
  documents,
}: {
  readonly documents: readonly RetrievedDocument[];
}): ReactNode {
  const [most, setMost] = useState(DOCUMENTS_AT_ONCE);
  const best = documents.reduce((high, { score }) => Math.max(high, score ?? 0), 0);
  const hidden = Math.max(0, documents.length - most);
  return (
    <ol className={css.documents}>
      {documents.slice(0, most).map(({ text, title, score, others }, place) => (
        <li key={place} className={css.document}>
          <div className={css.head}>
            <span className={css.rank}>{place + 1}</span>
            {title !== undefined && (
              <span className={css.title}>
                <VisibleText text={title.slice(0, 200)} />
              </span>
            )}
            {score !== undefined && (
              <span className={css.score} title={`Score ${score}`}>
                <span className={css.meter}>
                  <span
                    style={{
                      width: `${best > 0 ? Math.max(2, (Math.max(0, score) / best) * 100) : 0}%`,
                    }}
                  />
                </span>
                {score.toPrecision(3)}
              </span>
            )}
            {text !== undefined && <CopyButton text={text} title="Copy the document" />}
          </div>
          {text !== undefined && <LongText text={text} />}
          {Object.keys(others).length > 0 && (
            <details className={css.more}>
              <summary>Other fields</summary>
              <JsonTree value={others} label="the other fields" />
            </details>
          )}
        </li>
      ))}
      {hidden > 0 && (
        <li>
          <button
            type="button"
            className={css.hidden}
            onClick={() => setMost(most + DOCUMENTS_AT_ONCE)}
          >
            Show {plural(Math.min(hidden, DOCUMENTS_AT_ONCE), 'more document')}
          </button>
        </li>
      )}
    </ol>
  );
}
