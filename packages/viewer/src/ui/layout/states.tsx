/** Shown instead of data that is missing, is loading or could not be loaded. */

import { type ReactNode, useEffect, useState } from 'react';
import { keepToken } from '../../server/api.js';
import { ApiError } from '../../server/api-error.js';
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
  if (error instanceof ApiError && error.status === 401) return <AskForToken />;
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

function AskForToken(): ReactNode {
  return (
    <form
      className={css.state}
      onSubmit={(event) => {
        event.preventDefault();
        const token = new FormData(event.currentTarget).get('token');
        if (typeof token !== 'string' || token.trim() === '') return;
        // A whole address may be pasted as well.
        keepToken(/token=([^&\s]+)/.exec(token)?.[1] ?? token.trim());
        location.reload();
      }}
    >
      <h1>This page needs the token of the local server</h1>
      <p>
        The server prints an address with a token when it starts. Open that address, or paste it
        here. It is kept for this tab only.
      </p>
      <label className={css.field}>
        Address or token
        <input
          name="token"
          className={`${controls.field} ${css.token}`}
          autoComplete="off"
          spellCheck={false}
        />
      </label>
      <button type="submit" className={controls.primary}>
        Open
      </button>
    </form>
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
