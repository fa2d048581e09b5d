/** Shown until the first request arrives: how to send one, and which calls were refused. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { beginOf } from '../format.js';
import { healthQuery, infoQuery } from '../server/queries.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import controls from '../ui/styles/controls.module.css';
import { Time } from '../ui/values/time.js';
import { VisibleText } from '../ui/values/visible-text.js';
import { SENDERS, type Sender } from './senders.js';
import css from './set-up.module.css';

export function SetUp(): ReactNode {
  const info = useQuery(infoQuery);
  const health = useQuery({
    ...healthQuery,
    refetchInterval: 3000,
  });
  const [sender, setSender] = useState<Sender>(SENDERS[0]);
  const refused = health.data?.refused ?? [];
  return (
    <div className={css.setUp}>
      <h2>No request has arrived yet</h2>
      <div role="group" aria-label="What sends the traces" className={css.senders}>
        {SENDERS.map((each) => (
          <button
            key={each.name}
            type="button"
            className={controls.quiet}
            aria-pressed={each === sender}
            onClick={() => setSender(each)}
          >
            {each.name}
          </button>
        ))}
      </div>
      {info.data !== undefined &&
        sender.parts(info.data).map(({ words, lines }) => (
          <section key={words}>
            <p>{words}</p>
            <div className={css.lines}>
              <pre>{lines}</pre>
              <CopyButton text={lines} title="Copy these lines" />
            </div>
          </section>
        ))}
      <p>Each request appears here as soon as it has ended, without a reload.</p>
      {refused.length > 0 && (
        <section>
          <h3>Some calls were refused</h3>
          <ul className={css.refused}>
            {refused.slice(0, 5).map((refusal) => (
              <li key={`${refusal.at} ${refusal.path}`}>
                <Time time={refusal.at} />
                <code>
                  {refusal.status} {refusal.method}{' '}
                  <VisibleText text={beginOf(refusal.path, 200)} />
                </code>
                <span>
                  <VisibleText text={beginOf(refusal.message, 500)} />
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
