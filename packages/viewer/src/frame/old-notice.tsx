/** Says on every page that what is shown may be old: the server does not respond, or could not load it again. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { api } from '../server/api.js';
import { useContact } from '../server/contact.js';
import { reloadFailed, useFailedReload } from '../server/failed-reload.js';
import controls from '../ui/styles/controls.module.css';
import css from './old-notice.module.css';

/** Time between two attempts to reach a server that does not respond. */
const ATTEMPT_MS = 2000;
/** One call may fail while the server is there: the next attempt shows it. */
const PATIENCE_MS = 500;

export function OldNotice(): ReactNode {
  const queries = useQueryClient();
  const isAway = useContact() === 'away';
  const [isLong, setLong] = useState(false);
  const error = useFailedReload();
  useQuery({
    queryKey: ['attempt'],
    queryFn: ({ signal }) => api.info(signal),
    enabled: isAway,
    retry: false,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: () => (document.hidden ? false : ATTEMPT_MS),
  });
  useEffect(() => {
    if (!isAway) return;
    const timer = setTimeout(setLong, PATIENCE_MS, true);
    return () => {
      clearTimeout(timer);
      setLong(false);
      // The server is there again.
      reloadFailed(queries);
    };
  }, [isAway, queries]);
  const words = isLong
    ? 'There is no connection to the local server: what is shown may be old.'
    : error && `What is shown is old, because it could not be loaded again: ${error.message}`;
  return (
    <div role="status">
      {words !== undefined && (
        <p className={css.notice}>
          {words}
          {!isLong && (
            <button type="button" className={controls.link} onClick={() => reloadFailed(queries)}>
              Try again
            </button>
          )}
        </p>
      )}
    </div>
  );
}
