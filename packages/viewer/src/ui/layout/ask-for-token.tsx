/** Shown instead of any page while the server does not accept the token: nothing can be loaded. */

import type { ReactNode } from 'react';
import { keepToken } from '../../server/api.js';
import controls from '../styles/controls.module.css';
import css from './states.module.css';

export function AskForToken(): ReactNode {
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
