import type { ReactNode } from 'react';
import css from './words-left-out.module.css';

/** One line that says that a search may have missed requests. */
export function WordsLeftOut(): ReactNode {
  return (
    <span
      className={css.line}
      role="status"
      title="More than 200 different words contain a part that is searched for: requests that have only others of them are missing."
    >
      Some may be missing: search for a longer word
    </span>
  );
}
