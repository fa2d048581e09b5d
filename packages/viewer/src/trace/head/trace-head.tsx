/** The facts of a trace, its problems, and the buttons to act on it. */

import { Link } from '@tanstack/react-router';
import { memo, type ReactNode, useEffect } from 'react';
import type { StepSummary, TraceDetail } from '../../../../local/src/page-api.js';
import { beginOf, formatBytes, formatCount, formatDuration, plural } from '../../format.js';
import { isRecord } from '../../json.js';
import { toSearch } from '../../state/to-search.js';
import { CopyId } from '../../ui/controls/copy-button.js';
import { Icon } from '../../ui/icons.js';
import controls from '../../ui/styles/controls.module.css';
import { Cost } from '../../ui/values/cost.js';
import { Fact, Facts } from '../../ui/values/facts.js';
import { OUTCOME_WORDS, OutcomeSign, outcomeOf } from '../../ui/values/outcome-sign.js';
import { Status } from '../../ui/values/status.js';
import { Time } from '../../ui/values/time.js';
import { OneLine, VisibleText } from '../../ui/values/visible-text.js';
import { Banners } from './banners.js';
import { FeedbackButton } from './feedback-button.js';
import { NeighbourButtons } from './neighbour-buttons.js';
import css from './trace-head.module.css';
import { TraceMenu } from './trace-menu.js';

export const TraceHead = memo(function TraceHead({
  detail,
  steps,
  isPane,
  onClose,
  onOpen,
  onDeleted,
  onStep,
}: {
  readonly detail: TraceDetail;
  readonly steps: readonly StepSummary[];
  readonly isPane: boolean;
  readonly onClose: () => void;
  readonly onOpen: () => void;
  readonly onDeleted: () => void;
  readonly onStep: (step: number) => void;
}): ReactNode {
  const { trace } = detail;
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
            className={controls.button}
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
        <Time time={trace.time} className={css.time} />
        <span className={css.gap} />
        {!isPane && <NeighbourButtons number={trace.number} />}
        <FeedbackButton trace={trace} columns={detail.feedbackColumns} />
        <TraceMenu detail={detail} onDeleted={onDeleted} />
        {isPane && (
          <>
            <button
              type="button"
              className={controls.button}
              onClick={onOpen}
              title="Open on its own page (Enter)"
            >
              <Icon name="open" />
              <span className="visually-hidden">Open on its own page</span>
            </button>
            <button type="button" className={controls.button} onClick={onClose} title="Close (Esc)">
              <Icon name="close" />
              <span className="visually-hidden">Close</span>
            </button>
          </>
        )}
      </div>
      <Facts className={css.facts}>
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
      </Facts>
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

function UserLink({ user }: { readonly user: string }): ReactNode {
  return (
    <Link
      to="/requests"
      search={toSearch({ user: [user] })}
      className={css.link}
      title={`All requests of ${user.slice(0, 200)}`}
    >
      <VisibleText text={beginOf(user, 40)} />
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
      <VisibleText text={beginOf(session, 40)} />
    </Link>
  );
}
