/** The facts of a trace, its problems, and the buttons to act on it. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { memo, type ReactNode, useEffect, useMemo } from 'react';
import type { StepSummary, TraceDetail, TraceNotes } from '../../../local/src/page-api.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatExactTime,
  formatTime,
  plural,
} from '../format.js';
import { isRecord } from '../json.js';
import { api } from '../server/api.js';
import { useClock } from '../state/clock.js';
import { listKey, listQueryOf, type PageState } from '../state/page-state.js';
import { usePageState } from '../state/use-page-state.js';
import { Cost } from '../ui/cost.js';
import { Icon } from '../ui/icons.js';
import { MARK_WORDS } from '../ui/mark-words.js';
import { OUTCOME_WORDS, OutcomeSign, outcomeOf } from '../ui/outcome-sign.js';
import { Status } from '../ui/status.js';
import { useKeys } from '../ui/use-keys.js';
import { CopyId, OneLine, VisibleText } from '../ui/visible-text.js';
import { FeedbackButton } from './feedback-button.js';
import { PROBLEM_WORDS } from './problem-words.js';
import css from './trace-head.module.css';
import { TraceMenu } from './trace-menu.js';

export const TraceHead = memo(function TraceHead({
  detail,
  steps,
  isPane,
  onClose,
  onOpen,
  onStep,
}: {
  readonly detail: TraceDetail;
  readonly steps: readonly StepSummary[];
  readonly isPane: boolean;
  readonly onClose: () => void;
  readonly onOpen: () => void;
  readonly onStep: (step: number) => void;
}): ReactNode {
  const { trace } = detail;
  const clock = useClock();
  const outcome = outcomeOf(trace);
  const sentBytes = outcome === 'aborted' ? bytesSent(detail) : undefined;
  const Heading = isPane ? 'h2' : 'h1';
  useEffect(() => {
    if (!isPane) document.title = `${trace.name.slice(0, 60)} · ${trace.inferenceId.slice(0, 40)}`;
  }, [isPane, trace]);
  return (
    <header className={css.head}>
      <div className={css.top}>
        {!isPane && (
          <button
            type="button"
            className={css.button}
            onClick={onClose}
            title="Back to the list (Esc)"
          >
            <Icon name="left" />
            <span className="visually-hidden">Back to the list</span>
          </button>
        )}
        <OutcomeSign trace={trace} />
        <Heading className={css.name}>
          <OneLine text={trace.name} />
        </Heading>
        <time className={css.time} title={formatExactTime(trace.time, clock.zone)}>
          {formatTime(trace.time, clock.now, clock)}
        </time>
        <span className={css.gap} />
        {!isPane && <NeighbourButtons number={trace.number} />}
        <FeedbackButton trace={trace} />
        <TraceMenu detail={detail} />
        {isPane && (
          <>
            <button
              type="button"
              className={css.button}
              onClick={onOpen}
              title="Open on its own page (Enter)"
            >
              <Icon name="open" />
              <span className="visually-hidden">Open on its own page</span>
            </button>
            <button type="button" className={css.button} onClick={onClose} title="Close (Esc)">
              <Icon name="close" />
              <span className="visually-hidden">Close</span>
            </button>
          </>
        )}
      </div>
      <dl className={css.facts}>
        <Fact label="Outcome" title={outcome && OUTCOME_WORDS[outcome]}>
          {outcome ?? '–'}
          {sentBytes !== undefined && ` after ${formatBytes(sentBytes)}`}
        </Fact>
        <Fact label="Status">
          <Status status={trace.status} />
        </Fact>
        <Fact label="Latency" title={exact(trace.latency)}>
          {formatDuration(trace.latency)}
        </Fact>
        <Fact label="First byte" title={exact(trace.firstByte)}>
          {formatDuration(trace.firstByte)}
        </Fact>
        <Fact label="First token" title={exact(trace.firstToken)}>
          {formatDuration(trace.firstToken)}
        </Fact>
        <Fact
          label="Tokens"
          title={
            trace.tokens === null
              ? 'No step has a token count'
              : `${formatCount(trace.tokens)} in total`
          }
        >
          {trace.promptTokens === null && trace.completionTokens === null
            ? formatCount(trace.tokens)
            : `${formatCount(trace.promptTokens)} in, ${formatCount(trace.completionTokens)} out`}
        </Fact>
        <Fact label="Cost" title={costSource(detail)}>
          <Cost cost={trace.cost} unpricedCalls={trace.unpricedCalls} />
        </Fact>
        <Fact label="User">{trace.user === null ? '–' : <UserLink user={trace.user} />}</Fact>
        <Fact label="Session">
          {trace.session === null ? '–' : <SessionLink session={trace.session} />}
        </Fact>
        <Fact label="Inference ID">
          <CopyId label="the inference ID" value={trace.inferenceId} />
        </Fact>
        {trace.traceId !== null && (
          <Fact label="Trace ID">
            <CopyId label="the trace id" value={trace.traceId} length={16} />
          </Fact>
        )}
        <Fact
          label="Size"
          title={`${plural(trace.steps, 'step')}, ${formatBytes(trace.bytes)} as JSON`}
        >
          {`${plural(trace.steps, 'step')}, ${formatBytes(trace.bytes)}`}
        </Fact>
        <Fact label="Written by">{trace.dialect}</Fact>
      </dl>
      <Banners detail={detail} steps={steps} onStep={onStep} />
    </header>
  );
});

function exact(ms: number | null): string {
  return ms === null ? 'Not recorded' : `${ms} ms`;
}

/** Bytes of the response that were sent before the client left. */
function bytesSent({ metadata }: TraceDetail): number | undefined {
  const { http } = metadata;
  return isRecord(http) && typeof http.bytes === 'number' ? http.bytes : undefined;
}

/** The source of a cost, if the trace has one. */
function costSource({ trace, metadata }: TraceDetail): string {
  const source = ['costSource', 'cost_source']
    .map((name) => metadata[name])
    .find((each) => typeof each === 'string');
  const unpriced =
    trace.unpricedCalls > 0 ? `${plural(trace.unpricedCalls, 'call')} without a price` : '';
  if (trace.cost === null) {
    return (
      unpriced ||
      'No step has a cost: the app gave none, and the platform prices calls by its own list'
    );
  }
  return [`$${trace.cost}`, source === undefined ? 'as the app sent it' : String(source), unpriced]
    .filter((part) => part !== '')
    .join('; ');
}

function Fact({
  label,
  title,
  children,
}: {
  readonly label: string;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={css.fact} title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function UserLink({ user }: { readonly user: string }): ReactNode {
  return (
    <Link
      to="/requests"
      search={{ user: [user] } as never}
      className={css.link}
      title={`All requests of ${user.slice(0, 200)}`}
    >
      <VisibleText text={user.slice(0, 40)} />
    </Link>
  );
}

function SessionLink({ session }: { readonly session: string }): ReactNode {
  return (
    <Link
      to="/sessions/$id"
      params={{ id: session.toWellFormed() }}
      className={css.link}
      title={`The thread of ${session.slice(0, 200)}`}
    >
      <VisibleText text={session.slice(0, 40)} />
    </Link>
  );
}

/** Previous and next within the list that led here. */
function NeighbourButtons({ number }: { readonly number: number }): ReactNode {
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
      search: ((before: PageState) => ({ ...before, step: undefined, find: undefined })) as never,
      replace: true,
    }).catch(() => undefined);
    return true;
  };
  useKeys({ j: () => go(data?.next), k: () => go(data?.previous) });
  return (
    <>
      <button
        type="button"
        className={css.button}
        disabled={data?.previous == null}
        title="Previous in the list (k)"
        onClick={() => go(data?.previous)}
      >
        <Icon name="up" />
        <span className="visually-hidden">Previous in the list</span>
      </button>
      <button
        type="button"
        className={css.button}
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

const NO_NOTES: TraceNotes = { notes: [] };

/** One line for each kind of problem, with a button that leads to the first step that has it. */
function Banners({
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
      { readonly first: number; readonly words: string; count: number }
    >();
    for (const { index, problem } of steps) {
      if (problem === null) continue;
      const known = firsts.get(problem);
      if (known === undefined)
        firsts.set(problem, { first: index, words: PROBLEM_WORDS[problem], count: 1 });
      else known.count++;
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
            {count === 1 ? words : `${plural(count, 'step')}: ${words}`}
          </span>
          <button type="button" onClick={() => onStep(first)}>
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
