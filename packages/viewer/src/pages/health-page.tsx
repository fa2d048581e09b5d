/** Reports of the apps, refused calls, marks of traces, and the size of the storage. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import type { Health } from '../../../local/src/page-api.js';
import { beginOf, formatBytes, formatCount, formatDuration, plural } from '../format.js';
import { healthQuery, infoQuery } from '../server/queries.js';
import { toSearch } from '../state/to-search.js';
import { CopyId } from '../ui/controls/copy-button.js';
import { Failure, Loading } from '../ui/layout/states.js';
import page from '../ui/styles/page.module.css';
import { Fact, Facts } from '../ui/values/facts.js';
import { MARK_WORDS } from '../ui/values/mark-words.js';
import { Time } from '../ui/values/time.js';
import { VisibleText } from '../ui/values/visible-text.js';
import { AppCounts } from './app-counts.js';
import css from './health-page.module.css';

export function HealthPage(): ReactNode {
  const health = useQuery({
    ...healthQuery,
    refetchInterval: () => (document.hidden ? false : 3000),
  });
  const info = useQuery(infoQuery);
  useEffect(() => {
    document.title = 'Health';
  }, []);
  const { data } = health;
  if (data === undefined) {
    return health.isError ? (
      <Failure error={health.error} retry={() => void health.refetch()} />
    ) : (
      <Loading />
    );
  }
  const { storage } = data;
  return (
    <div className={`${page.page} ${css.page}`}>
      <h1 className="visually-hidden">Health</h1>
      <section>
        <h2>Stored</h2>
        <Facts>
          <Fact label="Traces">{formatCount(storage.traces)}</Fact>
          <Fact label="Size">{formatBytes(storage.bytes)}</Fact>
          <Fact label="Oldest">
            {storage.oldest === null ? '–' : <Time time={storage.oldest} />}
          </Fact>
          <Fact label="Deleted by age or size">{formatCount(storage.deleted)}</Fact>
          {info.data !== undefined && (
            <>
              <Fact label="File">
                {info.data.file === null ? (
                  'in memory, lost when the server ends'
                ) : (
                  <VisibleText text={info.data.file} />
                )}
              </Fact>
              <Fact label="Kept for">
                {info.data.maxAgeMs === null ? 'no limit' : formatDuration(info.data.maxAgeMs)}
              </Fact>
              <Fact label="Kept up to">
                {info.data.maxBytes === null ? 'no limit' : formatBytes(info.data.maxBytes)}
              </Fact>
              <Fact label="Version">{info.data.version}</Fact>
              <Fact label="Address for apps">
                <CopyId
                  label="OPENLAYER_BASE_URL"
                  value={info.data.baseUrl}
                  length={info.data.baseUrl.length}
                />
              </Fact>
            </>
          )}
        </Facts>
      </section>
      <section>
        <h2>Written by</h2>
        <Counts counts={data.dialects} name="dialect" empty="Nothing has arrived yet." />
      </section>
      <section>
        <h2>What tracers masked, cut or left out</h2>
        <Counts counts={data.marks} name="mark" words={MARK_WORDS} empty="No trace has a mark." />
      </section>
      <section>
        <h2>Refused calls</h2>
        <Refusals refused={data.refused} />
      </section>
      {data.failures.length > 0 && (
        <section>
          <h2>Failures of the server</h2>
          <ul className={css.refused}>
            {data.failures.map((message) => (
              <li key={message}>
                <p>
                  <VisibleText text={message} />
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Apps</h2>
        {data.apps.length === 0 && (
          <p className={css.none}>
            No app has sent its counts since this server started. This library sends them with its
            rows, other SDKs do not.
          </p>
        )}
        {data.apps.length > 0 && (
          <p className={css.none}>
            What <code>getTracer().stats()</code> of each process returned when it made its latest
            call. The rows of that call still count as queued.
          </p>
        )}
        {data.apps.map(({ name, at, stats }) => (
          <article key={name} className={css.app}>
            <h3>
              <VisibleText text={beginOf(name, 200)} /> <Time time={at} />
            </h3>
            <AppCounts name={name} stats={stats} />
          </article>
        ))}
      </section>
    </div>
  );
}

function Counts({
  counts,
  name,
  words,
  empty,
}: {
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly name: 'dialect' | 'mark';
  readonly words?: Readonly<Record<string, string>>;
  readonly empty: string;
}): ReactNode {
  const known = Object.entries(counts).filter(([, count]) => count !== undefined && count > 0);
  if (known.length === 0) return <p className={css.none}>{empty}</p>;
  return (
    <ul className={css.counts}>
      {known.map(([key, count]) => (
        <li key={key}>
          <Link to="/requests" search={toSearch({ [name]: [key] })}>
            {key}
          </Link>
          <span>{formatCount(count)}</span>
          {words?.[key] !== undefined && <span className={css.words}>{words[key]}</span>}
        </li>
      ))}
    </ul>
  );
}

function Refusals({ refused }: { readonly refused: Health['refused'] }): ReactNode {
  if (refused.length === 0) return <p className={css.none}>Nothing was refused.</p>;
  return (
    <ul className={css.refused}>
      {refused.map((refusal) => (
        <li key={`${refusal.at} ${refusal.method} ${refusal.path} ${refusal.message.slice(0, 60)}`}>
          <Time time={refusal.at} />
          <code>
            {refusal.status} {refusal.method} <VisibleText text={beginOf(refusal.path, 300)} />
          </code>
          <p>
            <VisibleText text={beginOf(refusal.message, 1000)} />
            {refusal.count > 1 && <strong> {plural(refusal.count, 'time')}</strong>}
          </p>
        </li>
      ))}
    </ul>
  );
}
