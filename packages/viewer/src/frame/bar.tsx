/** The bar above all pages: search, filters, time range, live or paused, clock, theme. */

import { useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import css from './bar.module.css';
import { DisplayMenu } from './display-menu.js';
import { FilterChips } from './filter-chips.js';
import { LiveButton } from './live-button.js';
import { SearchBox } from './search-box.js';
import { TimeRangeButton } from './time-range-button.js';

export function Bar(): ReactNode {
  const { pathname } = useLocation();
  const hasFilters = pathname === '/requests' || pathname === '/overview';
  return (
    <div className={css.bar}>
      <SearchBox />
      {hasFilters && <FilterChips />}
      <span className={css.gap} />
      {hasFilters && <TimeRangeButton />}
      {pathname === '/requests' && <LiveButton />}
      <DisplayMenu />
    </div>
  );
}
