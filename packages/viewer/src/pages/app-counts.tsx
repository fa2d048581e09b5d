/** What the tracer of one app says of its traces, in numbers. */

import type { ReactNode } from 'react';
import type { AppStats } from '../../../local/src/page-api.js';
import { JsonTree } from '../content/json-tree.js';
import { beginOf, formatCount } from '../format.js';
import { isRecord, type Json } from '../json.js';
import { Fact, Facts } from '../ui/values/facts.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './health-page.module.css';

/** Counts that are shown even where they are 0. */
const ALWAYS = [
  ['started', 'Started'],
  ['published', 'Published'],
  ['queued', 'Queued'],
] as const;
/** Counts that are shown where there is something to count, with what it means. */
const WHERE_ANY = [
  ['open', 'Open', 'Traces that have not ended'],
  ['sampledOut', 'Sampled out', 'Traces that the option sample left out'],
  ['spooled', 'In the spool', 'Traces on disk that wait to be sent again'],
  ['quarantined', 'Quarantined', 'Traces that the server refused, kept on disk'],
] as const;

export function AppCounts({ name, stats }: Pick<AppStats, 'name' | 'stats'>): ReactNode {
  const counts = isRecord(stats) ? stats : {};
  const adopted = countOf(isRecord(counts.adopted) ? counts.adopted : {}, 'found');
  const dropped = Object.entries(isRecord(counts.dropped) ? counts.dropped : {});
  return (
    <>
      <Facts>
        {ALWAYS.map(([key, label]) => (
          <Fact key={key} label={label}>
            {formatCount(countOf(counts, key))}
          </Fact>
        ))}
        {WHERE_ANY.filter(([key]) => (countOf(counts, key) ?? 0) > 0).map(([key, label, title]) => (
          <Fact key={key} label={label} title={title}>
            <span className={css.odd}>{formatCount(countOf(counts, key))}</span>
          </Fact>
        ))}
        {dropped.map(([reason, count]) => (
          <Fact key={reason} label="Lost" title="Traces that reached no server, and the reason">
            <span className={css.lost}>
              {formatCount(Number(count))} <VisibleText text={beginOf(reason, 100)} />
            </span>
          </Fact>
        ))}
        {adopted !== undefined && adopted > 0 && (
          <Fact label="Adopted" title="Traces of processes that ended before they had sent them">
            {formatCount(adopted)}
          </Fact>
        )}
      </Facts>
      <details className={css.all}>
        <summary>All counts</summary>
        <JsonTree value={stats} label={`counts of ${name.slice(0, 100)}`} />
      </details>
    </>
  );
}

function countOf(counts: Json, key: string): number | undefined {
  const count = counts[key];
  return typeof count === 'number' ? count : undefined;
}
