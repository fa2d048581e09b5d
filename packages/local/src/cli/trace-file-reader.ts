import { existsSync } from 'node:fs';
import { TimeBudget } from '../http/time-budget.js';
import { MAX_PAGE_LENGTH, type TraceSummary } from '../page-api.js';
import { select } from '../queries/selection.js';
import { parseQuery } from '../queries/trace-query.js';
import { IN_MEMORY } from '../storage/database.js';
import { Store } from '../storage/store.js';
import type { StoredRow } from '../storage/stored-row.js';
import { TraceIndex } from '../trace-index/trace-index.js';
import type { TraceFilter } from './arguments.js';

/** The traces of a list, newest first. */
export interface FoundTraces {
  readonly traces: readonly TraceSummary[];
  /** Whether others may be missing, because more words contain a part than a search looks for. */
  readonly areWordsLeftOut: boolean;
}

/** The traces of a file, which a server may be writing. */
export interface TraceFileReader extends Disposable {
  /** The newest traces that have all words, and what the filter demands. */
  list(words: readonly string[], limit: number, filter?: TraceFilter): Promise<FoundTraces>;
  /** The latest trace with this inference ID, else that with this number. */
  find(idOrNumber: string): StoredRow | undefined;
}

const LIST_MS = 30_000;

/** Opens a file of traces, which need not be writable. @throws Error if there is none */
export function openTraceFile(file: string): TraceFileReader {
  assertHasTraces(file);
  const store = new Store(file, { isForReading: true });
  let index: TraceIndex | undefined;
  return {
    async list(words, limit, filter) {
      index ??= await openIndex(store);
      const budget = new TimeBudget(LIST_MS);
      const traces: TraceSummary[] = [];
      let areWordsLeftOut = false;
      let cursor: string | null = null;
      do {
        const params = new URLSearchParams({
          limit: String(Math.min(limit - traces.length, MAX_PAGE_LENGTH)),
        });
        if (words.length > 0) params.set('q', words.join(' '));
        for (const key of ['pipeline', 'user', 'session'] as const) {
          const value = filter?.[key];
          if (value !== undefined) params.set(key, value);
        }
        if (filter?.isFailed) params.set('failed', 'true');
        if (cursor !== null) params.set('cursor', cursor);
        const found = await select(index, parseQuery(params), budget);
        for (const number of found.numbers) {
          const summary = index.summary(number);
          if (summary !== undefined) traces.push(JSON.parse(summary));
        }
        areWordsLeftOut ||= found.areWordsLeftOut;
        cursor = found.next;
      } while (cursor !== null && traces.length < limit);
      return { traces, areWordsLeftOut };
    },
    find: (idOrNumber) => findTrace(store, idOrNumber)?.found,
    [Symbol.dispose]() {
      void index?.close(); // ends at once, since no catch-up runs
      store.close();
    },
  };
}

/** @throws Error if there is no such file: opening it would create it */
export function assertHasTraces(file: string): void {
  if (existsSync(file)) return;
  throw new Error(`there are no traces in ${file}: start openlayer-local first, or choose --file`);
}

/** The latest trace with this inference ID, else that with this number. */
export function findTrace(
  store: Store,
  idOrNumber: string,
): { readonly found: StoredRow; readonly isById: boolean } | undefined {
  const byId = store.find(idOrNumber);
  if (byId) return { found: byId, isById: true };
  const number = /^#?(\d{1,15})$/.exec(idOrNumber)?.[1];
  const byNumber = number === undefined ? undefined : store.get(Number(number));
  return byNumber && { found: byNumber, isById: false };
}

/** An index of all rows, in memory if its file cannot be used: in a folder that cannot be written, or on a full disk. */
async function openIndex({ file, database }: Store): Promise<TraceIndex> {
  try {
    return await caughtUp(new TraceIndex(database, `${file}-index`));
  } catch {
    return caughtUp(new TraceIndex(database, IN_MEMORY));
  }
}

async function caughtUp(index: TraceIndex): Promise<TraceIndex> {
  try {
    await index.catchUp();
    return index;
  } catch (error) {
    await index.close();
    throw error;
  }
}
