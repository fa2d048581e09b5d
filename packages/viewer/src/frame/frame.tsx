/** The frame of every page: the rail with the pages, and the bar above them. */

import { Link, Outlet } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useContact } from '../server/contact.js';
import { ClockProvider } from '../state/clock.js';
import { keptState } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { keepFocus } from '../ui/controls/kept-focus.js';
import { useKeys } from '../ui/controls/use-keys.js';
import { Icon, type IconName } from '../ui/icons.js';
import { AskForToken } from '../ui/layout/ask-for-token.js';
import { Bar } from './bar.js';
import css from './frame.module.css';
import { HelpSheet } from './help-sheet.js';
import { OldNotice } from './old-notice.js';

const PAGES: readonly { readonly to: string; readonly name: string; readonly icon: IconName }[] = [
  { to: '/requests', name: 'Requests', icon: 'requests' },
  { to: '/sessions', name: 'Sessions', icon: 'sessions' },
  { to: '/users', name: 'Users', icon: 'users' },
  { to: '/overview', name: 'Overview', icon: 'overview' },
  { to: '/health', name: 'Health', icon: 'health' },
];

export function Frame(): ReactNode {
  const isUnknown = useContact() === 'unknown-token';
  const content = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const roots = [content.current, bar.current].filter((each) => each !== null);
    const stops = roots.map(keepFocus);
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  const [isHelping, setHelping] = useState(false);
  useKeys({
    '?': () => {
      setHelping(true);
      return true;
    },
  });
  return (
    <ClockProvider>
      <div className={css.frame}>
        <nav className={css.rail} aria-label="Pages">
          {PAGES.map(({ to, name, icon }) => (
            <Link
              key={to}
              to={to}
              className={css.page}
              activeProps={{ className: `${css.page} ${css.current}`, 'aria-current': 'page' }}
              activeOptions={{ includeSearch: false }}
              search={toSearch(keptState)}
            >
              <Icon name={icon} />
              <span>{name}</span>
            </Link>
          ))}
          <button type="button" className={css.page} onClick={() => setHelping(true)}>
            <Icon name="help" />
            <span>Keys</span>
          </button>
        </nav>
        <header ref={bar} className={css.bar}>
          <Bar />
        </header>
        <main className={css.main}>
          <OldNotice />
          <div ref={content} className={css.content}>
            {isUnknown ? <AskForToken /> : <Outlet />}
          </div>
        </main>
      </div>
      <HelpSheet isOpen={isHelping} onOpen={setHelping} />
    </ClockProvider>
  );
}
