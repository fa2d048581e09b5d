/** The problems of a trace: its error, what is wrong with its steps, marks, and notes on its row. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import type { StepSummary, TraceDetail, TraceNotes } from '../../../../local/src/page-api.js';
import { beginOf, plural } from '../../format.js';
import { api } from '../../server/api.js';
import { MARK_WORDS } from '../../ui/values/mark-words.js';
import { VisibleText } from '../../ui/values/visible-text.js';
import { PROBLEM_WORDS } from '../steps/problem-words.js';
import css from './trace-head.module.css';

const NO_NOTES: TraceNotes = { notes: [] };

/** One line for each kind of problem, with a button that leads to the first step that has it. */
export function Banners({
  detail,
  steps,
  onStep,
}: {
  readonly detail: TraceDetail;
  readonly steps: readonly StepSummary[];
  readonly onStep: (step: number) => void;
}): ReactNode {
  const { trace } = detail;
  // The notes of a large trace take the server a while, so they are loaded after the steps.
  const { data: { notes } = NO_NOTES } = useQuery({
    queryKey: ['notes', trace.number],
    queryFn: ({ signal }) => api.notes(trace.number, signal),
    enabled: steps.length === detail.totalSteps,
  });
  const problems = useMemo(() => {
    const firsts = new Map<
      string,
      { readonly first: StepSummary; readonly words: string; count: number }
    >();
    for (const step of steps) {
      const { problem } = step;
      if (problem === null) continue;
      const known = firsts.get(problem);
      if (known !== undefined) known.count++;
      else firsts.set(problem, { first: step, words: PROBLEM_WORDS[problem], count: 1 });
    }
    return [...firsts.values()];
  }, [steps]);
  const hasBanners =
    trace.error !== null || trace.marks.length > 0 || problems.length > 0 || notes.length > 0;
  if (!hasBanners) return null;
  const failed =
    steps.find(({ error, index }) => error !== null && index > 0) ??
    steps.find(({ error }) => error !== null);
  return (
    <ul className={css.banners}>
      {trace.error !== null && (
        <li data-kind="bad">
          <span className={css.bannerText}>
            <VisibleText text={trace.error} />
          </span>
          {failed !== undefined && (
            <button type="button" onClick={() => onStep(failed.index)}>
              Go to the step
            </button>
          )}
        </li>
      )}
      {problems.map(({ first, words, count }) => (
        <li key={words} data-kind="warn">
          <span className={css.bannerText}>
            {count === 1 ? (
              <>
                <b>
                  <VisibleText text={beginOf(first.name, 100)} />
                </b>{' '}
                {words}
              </>
            ) : (
              `${plural(count, 'step')}, each of which ${words}`
            )}
          </span>
          <button type="button" onClick={() => onStep(first.index)}>
            {count === 1 ? 'Go to the step' : 'Go to the first'}
          </button>
        </li>
      ))}
      {(trace.marks.length > 0 || notes.length > 0) && (
        <li data-kind="note">
          {trace.marks.map((mark) => (
            <span key={mark} className={css.mark} title={MARK_WORDS[mark]}>
              {mark}
            </span>
          ))}
          {notes.length > 0 && (
            <details className={css.notes}>
              <summary>{plural(notes.length, 'note')} on the row</summary>
              <ul>
                {notes.slice(0, 100).map((note) => (
                  <li key={note}>
                    <VisibleText text={note} />
                  </li>
                ))}
              </ul>
            </details>
          )}
        </li>
      )}
    </ul>
  );
}
