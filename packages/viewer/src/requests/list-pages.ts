/** Changes of the loaded pages of the list. Each function returns new pages, or the same if nothing changes. */

import type { InfiniteData } from '@tanstack/react-query';
import type { TracePage, TraceSummary } from '../../../local/src/page-api.js';

/** The total and `newest` of the first page hold for the list, whether the rows up to `newest` are shown or held. */
export interface ListPage extends TracePage {
  /** On the first page: rows above this number are not shown yet. Absent if all rows up to `newest` are shown. */
  readonly shownUpTo?: number;
}

export type Pages = InfiniteData<ListPage, string | undefined>;

function shownUpTo({ pages: [head] }: Pages): number {
  return head === undefined ? 0 : (head.shownUpTo ?? head.newest);
}

export function hasMore({ pages }: Pages): boolean {
  return (pages.at(-1)?.next ?? null) !== null;
}

/** Rows that the list does not show. */
export function unseenOf(data: Pages, rows: readonly TraceSummary[]): readonly TraceSummary[] {
  const shown = shownUpTo(data);
  return rows.filter(({ number }) => number > shown);
}

/** Whether rows may be missing, because more words contain a part than the search of a page looked for. */
export function areWordsLeftOut(pages: readonly TracePage[]): boolean {
  return pages.some((page) => page.areWordsLeftOut);
}

function withHead(data: Pages, change: Partial<ListPage>): Pages {
  const [head, ...others] = data.pages;
  return head === undefined ? data : { ...data, pages: [{ ...head, ...change }, ...others] };
}

/** Adds rows that have arrived to the total. They are not shown yet. */
export function withCounted(data: Pages, rows: readonly TraceSummary[], omitted: number): Pages {
  const [head] = data.pages;
  const added = rows.filter(({ number }) => number > (head?.newest ?? 0));
  if (head === undefined || added.length + omitted === 0) return data;
  return withHead(data, {
    total: head.total + added.length + omitted,
    newest: Math.max(head.newest, ...added.map(({ number }) => number)),
    shownUpTo: shownUpTo(data),
  });
}

/** Shows rows that have arrived in a list that is sorted by time, the newest first. */
export function withArrived(data: Pages, arrived: readonly TraceSummary[]): Pages {
  const [head] = data.pages;
  if (head === undefined) return data;
  const unseen = unseenOf(data, arrived);
  const { shownUpTo: _shown, ...rest } = head;
  const newest = Math.max(head.newest, ...unseen.map(({ number }) => number));
  return withInserted({ ...data, pages: [{ ...rest, newest }, ...data.pages.slice(1)] }, unseen);
}

/** Puts each row into the page that it belongs to. Rows behind the end of the last one come with the next page. */
function withInserted(data: Pages, rows: readonly TraceSummary[]): Pages {
  if (rows.length === 0) return data;
  const added = data.pages.map((): TraceSummary[] => []);
  for (const row of rows) {
    const place = data.pages.findIndex(({ traces, next }) => {
      const last = traces.at(-1);
      return next === null || (last !== undefined && byTime(row, last) < 0);
    });
    added[place]?.push(row);
  }
  return {
    ...data,
    pages: data.pages.map((page, place) => {
      const own = added[place] ?? [];
      return own.length === 0 ? page : { ...page, traces: [...page.traces, ...own].sort(byTime) };
    }),
  };
}

function byTime(a: TraceSummary, b: TraceSummary): number {
  return b.time - a.time || b.number - a.number;
}

export function withChanged(data: Pages, changed: ReadonlyMap<number, TraceSummary>): Pages {
  const pages = data.pages.map((page) =>
    page.traces.some(({ number }) => changed.has(number))
      ? { ...page, traces: page.traces.map((trace) => changed.get(trace.number) ?? trace) }
      : page,
  );
  return { ...data, pages };
}

/** @param held the number of deleted rows that were counted and not shown */
export function withoutDeleted(
  data: Pages,
  upTo: number,
  gone: ReadonlySet<number>,
  held: number,
): Pages {
  let deleted = held;
  const pages = data.pages.map((page) => {
    const traces = page.traces.filter(({ number }) => number > upTo && !gone.has(number));
    deleted += page.traces.length - traces.length;
    return { ...page, traces };
  });
  const total = Math.max(0, (pages[0]?.total ?? 0) - deleted);
  return withHead({ ...data, pages }, { total });
}

export interface Reconciled {
  readonly data: Pages;
  /** Rows that arrived since the list was last up to date. */
  readonly unseen: readonly TraceSummary[];
  /** About how many more of them there are. */
  readonly omitted: number;
}

/**
 * Brings the loaded rows up to date: `fresh` are pages that were loaded just now, from the first on. Rows that have
 * arrived are returned apart, so that nothing moves. The pages keep their ends, which the next page begins at.
 */
export function reconciled(
  data: Pages,
  fresh: readonly TracePage[],
  { isByTime }: { readonly isByTime: boolean },
): Reconciled {
  const [head] = fresh;
  const before = data.pages[0];
  if (head === undefined || before === undefined) return { data, unseen: [], omitted: 0 };
  const known = new Map(
    fresh.flatMap(({ traces }) => traces.map((trace) => [trace.number, trace] as const)),
  );
  const rows = data.pages.flatMap(({ traces }) => traces);
  const isWhole = fresh.at(-1)?.next === null;
  // Rows below the last one that was loaded again may still exist.
  const end = isWhole ? rows.length : rows.findLastIndex(({ number }) => known.has(number)) + 1;
  const deleted = new Set(
    rows.slice(0, end).flatMap(({ number }) => (known.has(number) ? [] : [number])),
  );
  const unseen = unseenOf(data, [...known.values()]);
  const current = withChanged(withoutDeleted(data, 0, deleted, 0), known);
  const shown = new Set(rows.map(({ number }) => number));
  // Such rows did not match the filter before.
  const added = [...known.values()].filter(
    ({ number }) => number <= shownUpTo(data) && !shown.has(number),
  );
  return {
    data: withHead(isByTime ? withInserted(current, added) : current, {
      total: head.total,
      isTotalExact: head.isTotalExact,
      newest: head.newest,
      shownUpTo: shownUpTo(data),
      ...(areWordsLeftOut(fresh) && { areWordsLeftOut: true }),
    }),
    unseen,
    omitted:
      end === 0 && !isWhole && unseen.length > 0
        ? Math.max(1, head.total - before.total - unseen.length)
        : 0,
  };
}
