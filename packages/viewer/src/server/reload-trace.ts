import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { TracePage } from '../../../local/src/page-api.js';
import { jsonText } from '../json.js';

/**
 * The first parts of the keys of the queries about the latest version of one trace; its number is the second. The others, about
 * a step or a search, have the version in their keys.
 */
const NAMES = ['trace', 'root', 'row', 'notes'];

/** Loads a trace again whose row has changed: those of its parts that are shown. */
export async function reloadTrace(queries: QueryClient, number: number): Promise<void> {
  await Promise.all(NAMES.map((name) => queries.invalidateQueries({ queryKey: [name, number] })));
}

/** Removes a trace that was deleted from the lists: the event that says so comes later. */
export function removeFromLists(queries: QueryClient, number: number): void {
  queries.setQueriesData<InfiniteData<TracePage>>({ queryKey: ['traces'] }, (data) => {
    if (!data?.pages.some(({ traces }) => traces.some((each) => each.number === number))) {
      return data;
    }
    const pages = data.pages.map((page, place) => ({
      ...page,
      // That of the first page counts.
      total: place === 0 ? page.total - 1 : page.total,
      traces: page.traces.filter((each) => each.number !== number),
    }));
    return { ...data, pages };
  });
}

/** Removes what is known of a trace that was deleted, once it is not shown any more. */
export function forgetTrace(queries: QueryClient, number: number): void {
  queries.removeQueries({
    predicate: ({ queryKey: [name, of] }) =>
      of === number && [...NAMES, 'step', 'find', 'neighbours'].includes(String(name)),
  });
}

/**
 * Brings all loaded traces up to date after events may have been missed. A trace that is shown is compared with the server's,
 * and loaded again if it is another; others are loaded again when they are shown.
 * @param load loads the detail of a trace, without the cache
 */
export async function syncTraces(
  queries: QueryClient,
  load: (number: number) => Promise<unknown>,
): Promise<void> {
  const shown = new Set(
    queries
      .getQueryCache()
      .findAll({ queryKey: ['trace'], type: 'active' })
      .map(({ queryKey }) => Number(queryKey[1])),
  );
  const others = queries.invalidateQueries({
    predicate: ({ queryKey: [name, number] }) =>
      NAMES.includes(String(name)) && !shown.has(Number(number)),
  });
  const compared = [...shown].map(async (number) => {
    const [now, known] = await Promise.all([
      load(number),
      queries.ensureQueryData({ queryKey: ['trace', number], queryFn: () => load(number) }),
    ]);
    if (jsonText(now, 0) !== jsonText(known, 0)) await reloadTrace(queries, number);
  });
  // What cannot be loaded now is compared when the stream opens again.
  await Promise.allSettled([others, ...compared]);
}
