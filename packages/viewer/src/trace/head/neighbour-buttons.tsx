import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { api } from '../../server/api.js';
import { listKey, listQueryOf } from '../../state/page-state.js';
import { toSearch } from '../../state/to-search.js';
import { usePageState } from '../../state/use-page-state.js';
import { useKeys } from '../../ui/controls/use-keys.js';
import { Icon } from '../../ui/icons.js';
import controls from '../../ui/styles/controls.module.css';

/** Previous and next within the list that led here. */
export function NeighbourButtons({ number }: { readonly number: number }): ReactNode {
  const state = usePageState();
  const navigate = useNavigate();
  const filter = useMemo(() => listQueryOf(state), [state]);
  const { data } = useQuery({
    queryKey: ['neighbours', number, listKey(filter)],
    queryFn: ({ signal }) => api.neighbours(number, filter, signal),
  });
  const go = (to: number | null | undefined) => {
    if (to === null || to === undefined) return false;
    navigate({
      to: '/traces/$number',
      params: { number: String(to) },
      search: toSearch((before) => ({ ...before, step: undefined, find: undefined })),
      replace: true,
    }).catch(() => undefined);
    return true;
  };
  useKeys({ j: () => go(data?.next), k: () => go(data?.previous) });
  return (
    <>
      <button
        type="button"
        className={controls.button}
        disabled={data?.previous == null}
        title="Previous in the list (k)"
        onClick={() => go(data?.previous)}
      >
        <Icon name="up" />
        <span className="visually-hidden">Previous in the list</span>
      </button>
      <button
        type="button"
        className={controls.button}
        disabled={data?.next == null}
        title="Next in the list (j)"
        onClick={() => go(data?.next)}
      >
        <Icon name="down" />
        <span className="visually-hidden">Next in the list</span>
      </button>
    </>
  );
}
