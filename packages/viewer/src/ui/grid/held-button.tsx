import type { ReactNode } from 'react';
import { formatCount } from '../../format.js';
import { Icon } from '../icons.js';
import css from './held-button.module.css';

/** Over the top of a list: how many rows wait there while somebody reads, and shows them. */
export function HeldButton({
  count,
  onShow,
}: {
  readonly count: number;
  readonly onShow: () => void;
}): ReactNode {
  if (count === 0) return null;
  return (
    <button type="button" className={css.held} onClick={onShow}>
      <Icon name="up" />
      {formatCount(count)} new
    </button>
  );
}
