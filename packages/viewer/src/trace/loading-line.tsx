import type { ReactNode } from 'react';
import { formatCount } from '../format.js';
import controls from '../ui/styles/controls.module.css';
import css from './loading-line.module.css';
import type { TraceData } from './use-trace.js';

/** How many steps of a trace are loaded, or why the others are not. */
export function LoadingLine({
  trace: { detail, steps, error, retry },
}: {
  readonly trace: TraceData;
}): ReactNode {
  const [loaded, all] = [formatCount(steps.length), formatCount(detail?.totalSteps)];
  return (
    <p className={css.loading} aria-live="polite">
      {error === null || error === undefined ? (
        `Loading ${loaded} of ${all} steps`
      ) : (
        <>
          {`${loaded} of ${all} steps could be loaded. `}
          <button type="button" className={controls.link} onClick={retry}>
            Load the others
          </button>
        </>
      )}
    </p>
  );
}
