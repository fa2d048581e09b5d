import type { ReactNode } from 'react';
import { formatCount } from '../../format.js';
import css from './indent.module.css';

/** Deeper steps are not indented further, and have their level as a number. */
const MAX_INDENTS = 14;

/** The space before the name of a step. It takes at most half of the column, which has to be the container. */
export function Indent({ level }: { readonly level: number }): ReactNode {
  return (
    <>
      <span
        style={{ width: `calc(${Math.min(level, MAX_INDENTS)} * min(14px, 3.5cqi))` }}
        className={css.indent}
      />
      {level > MAX_INDENTS && (
        <span className={css.depth} title={`Level ${formatCount(level)}`}>
          {formatCount(level)}
        </span>
      )}
    </>
  );
}
