/** Documents that a step retrieved, with their scores. */

import { type ReactNode, useMemo, useState } from 'react';
import { beginOf, plural } from '../format.js';
import type { RetrievedDocument } from '../reading/documents.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import controls from '../ui/styles/controls.module.css';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './documents.module.css';
import { JsonTree } from './json-tree.js';

/** A step may have very many documents. */
const DOCUMENTS_AT_ONCE = 100;
/** A bar is seen even if it stands for nothing. */
const MIN_SHARE = 0.02;

export function Documents({
  documents,
}: {
  readonly documents: readonly RetrievedDocument[];
}): ReactNode {
  const [most, setMost] = useState(DOCUMENTS_AT_ONCE);
  const shareOf = useMemo(() => shares(documents), [documents]);
  const hidden = Math.max(0, documents.length - most);
  return (
    <ol className={css.documents}>
      {documents.slice(0, most).map(({ text, title, score, isDistance, others }, place) => (
        <li key={place} className={css.document}>
          <div className={css.head}>
            <span className={css.rank}>{place + 1}</span>
            {title !== undefined && (
              <span className={css.title}>
                <VisibleText text={beginOf(title, 200)} />
              </span>
            )}
            {score !== undefined && (
              <span className={css.score} title={`${isDistance ? 'Distance' : 'Score'} ${score}`}>
                <span className={css.meter}>
                  <span style={{ width: `${shareOf(score, isDistance) * 100}%` }} />
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

/** How full the bar of a score is, from 0 to 1: that of the best document is full. */
function shares(documents: readonly RetrievedDocument[]) {
  let best = 0;
  let nearest = Number.POSITIVE_INFINITY;
  let farthest = Number.NEGATIVE_INFINITY;
  for (const { score, isDistance } of documents) {
    if (score === undefined) continue;
    if (!isDistance) best = Math.max(best, score);
    else {
      nearest = Math.min(nearest, score);
      farthest = Math.max(farthest, score);
    }
  }
  return (score: number, isDistance: boolean) => {
    if (!isDistance) return best > 0 ? Math.max(MIN_SHARE, score / best) : 0;
    if (farthest === nearest) return 1;
    return Math.max(MIN_SHARE, (farthest - score) / (farthest - nearest));
  };
}
