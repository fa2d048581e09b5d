/** The bar above all pages: search, filters, time range, live or paused, clock, theme. */

import { Menu } from '@base-ui/react/menu';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { LiveState } from '../server/live-stream.js';
import { useClock } from '../state/clock.js';
import { clockOf, listQueryOf, type PageState } from '../state/page-state.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Icon } from '../ui/icons.js';
import { changeLive, useLiveSwitch } from '../ui/live-switch.js';
import popup from '../ui/popup.module.css';
import { useKeys } from '../ui/use-keys.js';
import css from './bar.module.css';
import { FilterChips, RangeButton } from './filter-chips.js';

export function Bar(): ReactNode {
  const { pathname } = useLocation();
  const hasFilters = pathname === '/requests' || pathname === '/overview';
  return (
    <div className={css.bar}>
      <SearchBox />
      {hasFilters && <FilterChips />}
      <span className={css.gap} />
      {hasFilters && <RangeButton />}
      {pathname === '/requests' && <LiveButton />}
      <LookMenu />
    </div>
  );
}

/** Words are searched as they are typed, where the page has a list; elsewhere Enter leads to the list. */
function SearchBox(): ReactNode {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const change = useChangePageState();
  const { q = '' } = usePageState();
  const [text, setText] = useState(q);
  const field = useRef<HTMLInputElement>(null);
  const typed = useRef(q);
  const isSearched = /^\/(requests|overview|sessions|users)$/.test(pathname);
  useKeys({
    '/': () => {
      field.current?.focus();
      field.current?.select();
      return true;
    },
  });
  useEffect(() => {
    // The back button or a link changed the address.
    if (q !== typed.current) setText(q);
    typed.current = q;
  }, [q]);
  useEffect(() => {
    if (!isSearched || text === typed.current) return;
    const timer = setTimeout(() => {
      typed.current = text.trim();
      change({ q: text.trim() || undefined }, { replace: true });
    }, 180);
    return () => clearTimeout(timer);
  }, [text, isSearched, change]);
  return (
    <form
      role="search"
      className={css.search}
      onSubmit={(event) => {
        event.preventDefault();
        typed.current = text.trim();
        const search = (before: PageState) => ({
          ...listQueryOf(before),
          ...clockOf(before),
          q: text.trim() || undefined,
        });
        if (isSearched) change({ q: text.trim() || undefined }, { replace: true });
        else navigate({ to: '/requests', search: search as never }).catch(() => undefined);
        field.current?.blur();
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label="Search"
        placeholder="Search names, ids and texts"
        value={text}
        maxLength={300}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          if (text === '') field.current?.blur();
          else setText('');
        }}
      />
      <span className={css.key} aria-hidden="true">
        /
      </span>
    </form>
  );
}

const PAUSED = {
  word: 'Paused',
  title: 'New requests are held back. Click to show them as they arrive (p)',
};
const ON = { word: 'Live', title: 'New requests are shown as they arrive. Click to pause (p)' };
const LIVE: Readonly<Record<LiveState, { readonly word: string; readonly title: string }>> = {
  connecting: ON,
  open: ON,
  lost: {
    word: 'No connection',
    title: 'The local server does not respond. The page tries again every few seconds.',
  },
  refused: {
    word: 'Not live',
    title: 'Too many pages are open. This one loads new requests every few seconds.',
  },
  'unknown-token': {
    word: 'No connection',
    title: 'The local server was started again with another token.',
  },
};

function LiveButton(): ReactNode {
  const { state, isPaused, held } = useLiveSwitch();
  if (state === undefined) return null;
  const { word, title } = isPaused ? PAUSED : LIVE[state];
  return (
    <button
      type="button"
      className={css.button}
      data-live={isPaused ? 'paused' : word === 'Live' ? 'on' : 'lost'}
      aria-pressed={!isPaused}
      title={title}
      onClick={() => changeLive({ isPaused: !isPaused })}
    >
      <Icon name={isPaused ? 'play' : 'pause'} />
      <span>
        {word}
        {held > 0 && `, ${held} new`}
      </span>
    </button>
  );
}

function LookMenu(): ReactNode {
  const { theme, isRawText } = useSettings();
  const { zone, style } = useClock();
  const change = useChangePageState();
  const radio = (
    name: string,
    value: string,
    all: readonly (readonly [string, string])[],
    onChange: (value: string) => void,
  ) => (
    <Menu.Group>
      <Menu.GroupLabel className={popup.label}>{name}</Menu.GroupLabel>
      <Menu.RadioGroup value={value} onValueChange={onChange}>
        {all.map(([each, word]) => (
          <Menu.RadioItem key={each} value={each} className={popup.item} closeOnClick={false}>
            <span className={popup.tick}>
              <Menu.RadioItemIndicator>
                <Icon name="check" />
              </Menu.RadioItemIndicator>
            </span>
            {word}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
  return (
    <Menu.Root>
      <Menu.Trigger className={`${css.button} ${css.look}`} title="Times and theme">
        <Icon name="clock" />
        <span className="visually-hidden">Times and theme: </span>
        <span className={css.wide}>{zone === 'utc' ? 'UTC' : 'Local'}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className={popup.menu}>
            {radio(
              'Zone',
              zone,
              [
                ['local', 'Local time'],
                ['utc', 'UTC'],
              ],
              (value) => {
                const chosen = value === 'utc' ? 'utc' : 'local';
                changeSettings({ zone: chosen });
                change({ zone: chosen }, { replace: true });
              },
            )}
            {radio(
              'Times',
              style,
              [
                ['relative', 'Relative, up to an hour'],
                ['absolute', 'Absolute'],
              ],
              (value) => {
                const chosen = value === 'absolute' ? 'absolute' : 'relative';
                changeSettings({ style: chosen });
                change({ clock: chosen }, { replace: true });
              },
            )}
            {radio(
              'Theme',
              theme,
              [
                ['system', 'System'],
                ['light', 'Light'],
                ['dark', 'Dark'],
              ],
              (value) =>
                changeSettings({ theme: value === 'light' || value === 'dark' ? value : 'system' }),
            )}
            <Menu.Separator className={popup.separator} />
            <Menu.CheckboxItem
              className={popup.item}
              checked={!isRawText}
              closeOnClick={false}
              onCheckedChange={(isChecked) => changeSettings({ isRawText: !isChecked })}
            >
              <span className={popup.tick}>
                <Menu.CheckboxItemIndicator>
                  <Icon name="check" />
                </Menu.CheckboxItemIndicator>
              </span>
              Show invisible characters
            </Menu.CheckboxItem>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
