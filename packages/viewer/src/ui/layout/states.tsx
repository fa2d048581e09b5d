/** Shown instead of data that is missing, is loading or could not be loaded. */

import { type ReactNode, useEffect, useState } from 'react';
import controls from '../styles/controls.module.css';
import css from './states.module.css';

/** An error with what to do about it. */
export function Failure({
  error,
  retry,
  still,
}: {
  readonly error: unknown;
  readonly retry: (() => void) | undefined;
  /** Names what still works. */
  readonly still?: string;
}): ReactNode {
  return (
    <div className={css.state} role="alert">
      <h1>{error instanceof Error ? error.message : String(error)}</h1>
      {still !== undefined && <p>{still}</p>}
      {retry !== undefined && (
        <button type="button" className={controls.primary} onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Shows nothing at first: most responses come before anything could be read. */
export function Loading({ rows = 12 }: { readonly rows?: number }): ReactNode {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={css.loading} aria-busy="true" aria-live="polite">
      {isLate && (
        <>
          <span className="visually-hidden">Loading</span>
          {Array.from({ length: rows }, (_, row) => (
            <div
              key={row}
              className={css.skeleton}
              style={{ width: `${90 - ((row * 37) % 45)}%` }}
            />
          ))}
        </>
      )}
    </div>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className={css.state}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}
