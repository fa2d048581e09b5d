/** Documents that a step retrieved, with their scores. */

import { type ReactNode, useState } from 'react';
import { plural } from '../format.js';
import type { RetrievedDocument } from '../reading/documents.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import controls from '../ui/styles/controls.module.css';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './documents.module.css';
import { JsonTree } from './json-tree.js';

/** A step may have very many documents. */
const DOCUMENTS_AT_ONCE = 100;

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
            className={controls.more}
            onClick={() => setMost(most + DOCUMENTS_AT_ONCE)}
          >
            Show {plural(Math.min(hidden, DOCUMENTS_AT_ONCE), 'more document')}
          </button>
        </li>
      )}
    </ol>
  );
}
