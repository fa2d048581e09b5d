import type { ReactNode } from 'react';
import { formatCost, formatCount } from '../../format.js';

/** A cost, with a plus where some calls have no price. */
export function Cost({
  cost,
  unpricedCalls,
}: {
  readonly cost: number | null;
  readonly unpricedCalls: number;
}): ReactNode {
  const unpriced = unpricedCalls > 0 ? `${formatCount(unpricedCalls)} calls have no price` : '';
  const title =
    cost === null ? unpriced || 'No step has a cost' : `$${cost}${unpriced && `; ${unpriced}`}`;
  return (
    <span title={title}>
      {formatCost(cost)}
      {cost !== null && unpricedCalls > 0 && '+'}
    </span>
  );
}
