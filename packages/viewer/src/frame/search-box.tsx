import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { MAX_SEARCH_LENGTH } from '../../../local/src/page-api.js';
import { keptState, type PageState } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { useKeys } from '../ui/controls/use-keys.js';
import { useTypedText } from '../ui/controls/use-typed-text.js';
import { Icon } from '../ui/icons.js';
import { useStable } from '../ui/use-stable.js';
import css from './bar.module.css';

/**
 * Words are searched as they are typed, where the page has a list; elsewhere Enter leads to the list, and without it the words
 * are forgotten.
 */
export function SearchBox(): ReactNode {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const change = useChangePageState();
  const { q = '' } = usePageState();
  const { text, setText, onWrite } = useTypedText(q, pathname);
  const field = useRef<HTMLInputElement>(null);
  const isSearched = /^\/(requests|overview|sessions|users)$/.test(pathname);
  useKeys({
    '/': () => {
      field.current?.focus();
      field.current?.select();
      return true;
    },
  });
  const write = useStable((typed: string) => {
    const words = typed.trim();
    onWrite(words);
    change({ q: words || undefined }, { replace: true });
  });
  useEffect(() => {
    if (!isSearched || text.trim() === q) return;
    const timer = setTimeout(write, 180, text);
    return () => clearTimeout(timer);
  }, [text, q, isSearched, write]);
  return (
    <form
      role="search"
      className={css.search}
      onSubmit={(event) => {
        event.preventDefault();
        const search = (before: PageState) => ({
          ...keptState(before),
          q: text.trim() || undefined,
        });
        if (isSearched) write(text);
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
