/** How a request ended, as a shape as well as a colour. */

import type { ReactNode } from 'react';
import type { Outcome, TraceSummary } from '../../../../local/src/page-api.js';
import css from './outcome-sign.module.css';

const SHAPES: Readonly<Record<Outcome, ReactNode>> = {
  completed: <circle cx="6" cy="6" r="3.5" fill="currentColor" />,
  aborted: (
    <>
      <circle cx="6" cy="6" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6 2.500a3.500 3.500 0 0 0 0 7z" fill="currentColor" />
    </>
  ),
  error: <path d="M2.500 2.500l7 7M9.500 2.500l-7 7" stroke="currentColor" strokeWidth="2" />,
  abandoned: (
    <path
      d="M2.500 2h7L6 6l3.500 4h-7L6 6z"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.400"
    />
  ),
  interrupted: <path d="M7 1 2.500 7H6l-1 4 4.500-6H6z" fill="currentColor" />,
};

/** What each outcome means, for tooltips. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  completed: 'the whole response was sent',
  aborted: 'the client left before it had the whole response',
  error: 'the handler failed',
  abandoned: 'the app never ended the response',
  interrupted: 'the process ended before the request did',
};

/** The outcome of a trace. Traces of other tracers have none: those with an error count as `error`. */
export function outcomeOf({ outcome, error }: TraceSummary): Outcome | undefined {
  return outcome ?? (error === null ? undefined : 'error');
}

export function OutcomeSign({ trace }: { readonly trace: TraceSummary }): ReactNode {
  const outcome = outcomeOf(trace);
  if (outcome === undefined) {
    return (
      <span className={css.none} title="No request was traced, so there is no outcome">
        –
      </span>
    );
  }
  return (
    <svg
      className={css.sign}
      data-outcome={outcome}
      width="12"
      height="12"
      viewBox="0 0 12 12"
      role="img"
      aria-label={outcome}
    >
      <title>{`${outcome}: ${OUTCOME_WORDS[outcome]}`}</title>
      {SHAPES[outcome]}
    </svg>
  );
}
