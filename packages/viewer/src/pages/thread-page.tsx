/** The requests of one session or user in order, each with its question and answer. */

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation, useParams } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { PREVIEW_LENGTH, type TraceSummary } from '../../../local/src/page-api.js';
import { Content } from '../content/content.js';
import { Conversation } from '../content/conversation.js';
import { beginOf, formatCost, formatCount, formatDuration, plural } from '../format.js';
import { hasConversation, readConversation } from '../reading/conversation/conversation.js';
import { sumOf } from '../reading/measures.js';
import { api } from '../server/api.js';
import { PacedReload } from '../server/paced-reload.js';
import { rootQuery } from '../server/queries.js';
import { reloadTrace, syncTraces } from '../server/reload-trace.js';
import { toSearch } from '../state/to-search.js';
import { toggled } from '../toggled.js';
import { CopyId } from '../ui/controls/copy-button.js';
import { NextPageLine, nextPageOf } from '../ui/grid/next-page.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
import controls from '../ui/styles/controls.module.css';
import { useLiveChanges } from '../ui/use-live-changes.js';
import { FeedbackSign } from '../ui/values/feedback-sign.js';
import { LongText } from '../ui/values/long-text.js';
import { OutcomeSign } from '../ui/values/outcome-sign.js';
import { Time } from '../ui/values/time.js';
import { VisibleText } from '../ui/values/visible-text.js';
import { isAboutThread, type LoadedThread } from './thread-events.js';
import css from './thread-page.module.css';

export function ThreadPage(): ReactNode {
  const { pathname } = useLocation();
  const { id = '' } = useParams({ strict: false }) as { readonly id?: string };
  const kind = pathname.startsWith('/users') ? 'user' : 'session';
  const query = useInfiniteQuery({
    queryKey: ['thread', kind, id],
    queryFn: ({ pageParam, signal }) =>
      api.traces(
        { [kind]: [id], sort: 'time', order: 'asc' },
        { limit: 100, ...(pageParam !== undefined && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    structuralSharing: false,
  });
  const traces = useMemo(
    () => query.data?.pages.flatMap((page) => page.traces) ?? [],
    [query.data],
  );
  const numbers = useMemo(() => new Set(traces.map(({ number }) => number)), [traces]);
  useLiveThread({ kind, id, numbers, hasMore: query.hasNextPage });
  const total = query.data?.pages[0]?.total ?? 0;
  const scroller = useRef<HTMLDivElement>(null);
  /** Numbers of the requests with their whole texts: those that are out of sight are not drawn. */
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const rows = useVirtualizer({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 160,
    getItemKey: (index) => traces[index]?.number ?? index,
    overscan: 4,
  });
  useEffect(() => {
    document.title = `${kind === 'user' ? 'User' : 'Session'} ${id.slice(0, 60)}`;
  }, [kind, id]);
  const items = rows.getVirtualItems();
  const isAtEnd = items.at(-1)?.index === traces.length - 1;
  const { hasNextPage } = query;
  const nextPage = nextPageOf(query);
  useEffect(() => {
    if (isAtEnd) nextPage.load();
  });

  if (query.isPending) return <Loading rows={8} />;
  if (query.isError && traces.length === 0)
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (traces.length === 0) return <Empty title={`No request of this ${kind} is stored`} />;
  const tokens = sumOf(traces, ({ tokens: each }) => each);
  const cost = sumOf(traces, ({ cost: each }) => each);
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>
          {kind === 'user' ? 'User' : 'Session'} <VisibleText text={beginOf(id, 200)} />
        </h1>
        <p className={css.facts}>
          <span>{plural(total, 'request')}</span>
          {hasNextPage ? null : <span>{formatCount(tokens)} tokens</span>}
          {hasNextPage ? null : <span>{formatCost(cost)}</span>}
          <Link to="/requests" search={toSearch({ [kind]: [id] })}>
            Show as a list
          </Link>
        </p>
      </header>
      <div ref={scroller} className={css.scroller} tabIndex={0} role="region" aria-label="Thread">
        <ol className={css.thread} style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const trace = traces[item.index];
            return trace === undefined ? null : (
              <li
                key={item.key}
                ref={rows.measureElement}
                data-index={item.index}
                className={css.turn}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Turn
                  trace={trace}
                  isOpen={open.has(trace.number)}
                  onToggle={() => setOpen(toggled(open, trace.number))}
                />
              </li>
            );
          })}
        </ol>
      </div>
      <NextPageLine page={nextPage} />
    </div>
  );
}

/** Shortest time between two loads that events cause. */
const REST_MS = 1000;

/** Loads the requests of the thread again when there are others, or one of them has changed. */
function useLiveThread(thread: LoadedThread): void {
  const { kind, id } = thread;
  const queries = useQueryClient();
  const reload = useRef<PacedReload>(undefined);
  useEffect(() => {
    const queryKey = ['thread', kind, id];
    const paced = new PacedReload(async () => {
      // A load that runs, as that of the next page, ends first: it would be cancelled.
      while (queries.isFetching({ queryKey }) > 0) {
        await queries.refetchQueries({ queryKey }, { cancelRefetch: false });
      }
      await queries.invalidateQueries({ queryKey });
    }, REST_MS);
    reload.current = paced;
    return () => paced.close();
  }, [queries, kind, id]);
  useLiveChanges({
    listQuery: { [kind]: [id] },
    onEvent: (event) => {
      if (!isAboutThread(event, thread)) return;
      reload.current?.request();
      if (event.type !== 'changed') return;
      for (const { number } of event.traces) void reloadTrace(queries, number);
    },
    onMissed: () => {
      reload.current?.request();
      void syncTraces(queries, api.trace);
    },
  });
}

/** One request: its previews, and the whole texts on demand, since they may be large. */
function Turn({
  trace,
  isOpen,
  onToggle,
}: {
  readonly trace: TraceSummary;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}): ReactNode {
  const isCut = [trace.input, trace.output].some((text) => text.length >= PREVIEW_LENGTH - 1);
  return (
    <article className={css.box}>
      <header className={css.turnHead}>
        <OutcomeSign trace={trace} />
        <Link to="/traces/$number" params={{ number: String(trace.number) }} className={css.name}>
          <VisibleText text={beginOf(trace.name, 100)} />
        </Link>
        <Time time={trace.time} />
        <span>{formatDuration(trace.latency)}</span>
        <span>{trace.tokens === null ? '' : `${formatCount(trace.tokens)} tokens`}</span>
        {trace.feedback !== null && <FeedbackSign feedback={trace.feedback} />}
        <span className={css.id}>
          <CopyId label="the inference ID" value={trace.inferenceId} length={18} />
        </span>
      </header>
      {isOpen ? (
        <WholeTexts number={trace.number} />
      ) : (
        <>
          {trace.input !== '' && (
            <div className={css.asked}>
              <LongText text={trace.input} />
            </div>
          )}
          {trace.error !== null && (
            <div className={css.error}>
              <VisibleText text={trace.error} />
            </div>
          )}
          {trace.output !== '' && (
            <div className={css.answered}>
              <LongText text={trace.output} />
            </div>
          )}
        </>
      )}
      {isCut && (
        <button type="button" className={controls.more} onClick={onToggle}>
          {isOpen ? 'Show the previews' : 'Show the whole texts'}
        </button>
      )}
    </article>
  );
}

function WholeTexts({ number }: { readonly number: number }): ReactNode {
  const query = useQuery(rootQuery(number));
  const { data } = query;
  const messages = useMemo(
    () => (data !== undefined && hasConversation(data, 'user_call') ? readConversation(data) : []),
    [data],
  );
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (data === undefined) return <Loading rows={3} />;
  if (messages.length > 0) return <Conversation messages={messages} isMarkdown={false} />;
  return (
    <>
      <Content value={data.inputs} mode="plain" label="the input" />
      <Content value={data.output} mode="plain" label="the output" />
    </>
  );
}
