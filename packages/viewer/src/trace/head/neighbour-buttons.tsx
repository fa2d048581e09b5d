import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { Neighbours } from '../../../../local/src/page-api.js';
import { neighboursQuery, prefetchTrace } from '../../server/queries.js';
import { listQueryOf } from '../../state/page-state.js';
import { toSearch } from '../../state/to-search.js';
import { usePageState } from '../../state/use-page-state.js';
import { useKeys } from '../../ui/controls/use-keys.js';
import { Icon } from '../../ui/icons.js';
import controls from '../../ui/styles/controls.module.css';

/** How often the page looks whether there is a previous and a next one. */
const REFETCH_MS = 5000;

/** Previous and next within the list that led here. */
export function NeighbourButtons({ number }: { readonly number: number }): ReactNode {
  const state = usePageState();
  const navigate = useNavigate();
  const filter = useMemo(() => listQueryOf(state), [state]);
  const queries = useQueryClient();
  const query = neighboursQuery(number, filter);
  const { data } = useQuery({
    ...query,
    refetchInterval: () => (document.hidden ? false : REFETCH_MS),
  });
  useEffect(() => {
    prefetchTrace(queries, data?.next);
    prefetchTrace(queries, data?.previous);
  }, [queries, data]);
  // The reader may leave while the neighbours are loaded.
  const shown = useRef<number>(undefined);
  useEffect(() => {
    shown.current = number;
    return () => {
      shown.current = undefined;
    };
  }, [number]);
  const go = async (where: keyof Neighbours) => {
    const latest = await queries.fetchQuery(query).catch(() => data);
    const to = latest?.[where];
    if (to == null || shown.current !== number) return;
    await navigate({
      to: '/traces/$number',
      params: { number: String(to.number) },
      search: toSearch((before) => ({ ...before, step: undefined, find: undefined })),
      replace: true,
    });
  };
  const start = (where: keyof Neighbours) => {
    go(where).catch(() => undefined);
    return true;
  };
  useKeys({ j: () => start('next'), k: () => start('previous') });
  return (
    <>
      <button
        type="button"
        className={controls.button}
        disabled={data?.previous == null}
        title="Previous in the list (k)"
        onClick={() => start('previous')}
      >
        <Icon name="up" />
        <span className="visually-hidden">Previous in the list</span>
      </button>
      <button
        type="button"
        className={controls.button}
        disabled={data?.next == null}
        title="Next in the list (j)"
        onClick={() => start('next')}
      >
        <Icon name="down" />
        <span className="visually-hidden">Next in the list</span>
      </button>
    </>
  );
}
