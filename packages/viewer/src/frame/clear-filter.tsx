import type { ReactNode } from 'react';
import { FILTERS } from '../state/page-state.js';
import { useChangePageState } from '../state/use-page-state.js';
import controls from '../ui/styles/controls.module.css';

/** Removes all filters, and the order of the list. */
export function ClearFilter(): ReactNode {
  const change = useChangePageState();
  return (
    <button
      type="button"
      className={controls.button}
      onClick={() => {
        const names = [...FILTERS, 'sort', 'order'] as const;
        change(Object.fromEntries(names.map((name) => [name, undefined])));
      }}
    >
      Clear the filter
    </button>
  );
}
