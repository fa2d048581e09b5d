import type { ReactNode } from 'react';
import type { Measures } from '../../../local/src/page-api.js';
import { formatCost, formatCount, formatDuration } from '../format.js';
import controls from '../ui/styles/controls.module.css';
import table from '../ui/styles/table.module.css';
import css from './overview-page.module.css';

const MEASURES: readonly (readonly [string, (measures: Measures) => string])[] = [
  ['Requests', ({ requests }) => formatCount(requests)],
  ['Failed', ({ errors }) => formatCount(errors)],
  ['Aborted', ({ aborts }) => formatCount(aborts)],
  ['p50', ({ p50 }) => formatDuration(p50)],
  ['p95', ({ p95 }) => formatDuration(p95)],
  ['p99', ({ p99 }) => formatDuration(p99)],
  ['First token p50', ({ firstTokenP50 }) => formatDuration(firstTokenP50)],
  ['First token p95', ({ firstTokenP95 }) => formatDuration(firstTokenP95)],
  ['Tokens in', ({ promptTokens }) => formatCount(promptTokens)],
  ['Tokens out', ({ completionTokens }) => formatCount(completionTokens)],
  ['Cost', ({ cost }) => formatCost(cost)],
  ['Wasted', ({ wastedTokens }) => formatCount(wastedTokens)],
];

/** A table of measures, one row each. The button at the head of a row leads to the requests behind it. */
export function MeasuresTable<Row extends Measures>({
  label,
  caption,
  head,
  rows,
  keyOf,
  title,
  onOpen,
}: {
  readonly label: string;
  readonly caption?: string;
  readonly head: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly title: (row: Row) => ReactNode;
  readonly onOpen: (row: Row) => void;
}): ReactNode {
  return (
    <div className={css.wide} tabIndex={0} role="region" aria-label={label}>
      <table className={table.table}>
        {caption !== undefined && <caption>{caption}</caption>}
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {MEASURES.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <th scope="row">
                <button type="button" className={controls.link} onClick={() => onOpen(row)}>
                  {title(row)}
                </button>
              </th>
              {MEASURES.map(([name, show]) => (
                <td key={name}>{show(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
