/** A table with one row for each name of steps, instead of the tree: their number, times, tokens and cost. */

import { memo, type ReactNode, useMemo } from 'react';
import { cutMiddle, formatCost, formatCount, formatDuration } from '../../format.js';
import table from '../../ui/styles/table.module.css';
import { OneLine } from '../../ui/values/visible-text.js';
import { stepsByName } from '../steps/named-steps.js';
import type { StepTree } from '../steps/step-tree.js';
import { TypeMark } from '../steps/type-mark.js';
import css from './steps-by-name.module.css';

/** More rows would make the page slow. Those left out have the least self time. */
const MAX_ROWS = 500;

export const StepsByName = memo(function StepsByName({
  tree,
  onStep,
}: {
  readonly tree: StepTree;
  readonly onStep: (step: number) => void;
}): ReactNode {
  const names = useMemo(() => stepsByName(tree), [tree]);
  return (
    <div className={css.box} tabIndex={0} role="region" aria-label="Steps by name">
      <table className={`${table.table} ${css.table}`}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Steps</th>
            <th scope="col" title="Without child steps">
              Self time
            </th>
            <th scope="col">Total</th>
            <th scope="col">Average</th>
            <th scope="col">Longest</th>
            <th scope="col">Failed</th>
            <th scope="col">Tokens</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {names.slice(0, MAX_ROWS).map((each) => (
            <tr key={`${each.type} ${each.name}`}>
              <th scope="row">
                <button
                  type="button"
                  title="Select the longest of these steps"
                  onClick={() => onStep(each.longestStep)}
                >
                  <TypeMark type={each.type} />
                  <OneLine text={each.name.length > 200 ? cutMiddle(each.name, 200) : each.name} />
                </button>
              </th>
              <td>{formatCount(each.count)}</td>
              <td>{formatDuration(each.own)}</td>
              <td>{formatDuration(each.total)}</td>
              <td>{formatDuration(each.average)}</td>
              <td>{formatDuration(each.longest)}</td>
              <td className={each.failed > 0 ? css.failed : undefined}>
                {formatCount(each.failed)}
              </td>
              <td>{formatCount(each.tokens)}</td>
              <td>{formatCost(each.cost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {names.length > MAX_ROWS && (
        <p className={css.more}>{`${formatCount(names.length - MAX_ROWS)} other names`}</p>
      )}
    </div>
  );
});
