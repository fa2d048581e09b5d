/** Shown until the first request arrives: how to send one, and which calls were refused. */

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { formatTime } from '../format.js';
import { healthQuery, infoQuery } from '../server/queries.js';
import { useClock } from '../state/clock.js';
import { CopyButton } from '../ui/copy-button.js';
import { VisibleText } from '../ui/visible-text.js';
import css from './set-up.module.css';

export function SetUp(): ReactNode {
  const info = useQuery(infoQuery);
  const health = useQuery({
    ...healthQuery,
    refetchInterval: 3000,
  });
  const clock = useClock();
  const lines = info.data?.environment.join('\n');
  const refused = health.data?.refused ?? [];
  return (
    <div className={css.setUp}>
      <h2>No request has arrived yet</h2>
      <p>
        Start your app with these variables. Each request then appears here as soon as it has ended.
      </p>
      {lines !== undefined && (
        <div className={css.lines}>
          <pre>{lines}</pre>
          <CopyButton text={lines} title="Copy the three lines" />
        </div>
      )}
      {refused.length > 0 && (
        <section>
          <h3>Some calls were refused</h3>
          <ul className={css.refused}>
            {refused.slice(0, 5).map((refusal) => (
              <li key={`${refusal.at} ${refusal.path}`}>
                <time>{formatTime(refusal.at, clock.now, clock)}</time>
                <code>
                  {refusal.status} {refusal.method}{' '}
                  <VisibleText text={refusal.path.slice(0, 200)} />
                </code>
                <span>
                  <VisibleText text={refusal.message.slice(0, 500)} />
                  {refusal.count > 1 && ` (${refusal.count} times)`}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
