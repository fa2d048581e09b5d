import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { MAX_SEARCH_LENGTH } from '../../../local/src/page-api.js';
import { keptState, type PageState } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { useKeys } from '../ui/controls/use-keys.js';
import { Icon } from '../ui/icons.js';
import css from './bar.module.css';

/** Words are searched as they are typed, where the page has a list; elsewhere Enter leads to the list. */
export function SearchBox(): ReactNode {
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
          ...keptState(before),
          q: text.trim() || undefined,
        });
        if (isSearched) change({ q: text.trim() || undefined }, { replace: true });
        else navigate({ to: '/requests', search: toSearch(search) }).catch(() => undefined);
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
        maxLength={MAX_SEARCH_LENGTH}
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
