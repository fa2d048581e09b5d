import { existsSync } from 'node:fs';
import { MAX_PAGE_LENGTH, type TraceSummary } from '../page-api.js';
import { Store } from '../storage/store.js';
import type { StoredRow } from '../storage/stored-row.js';
import { Budget } from '../trace-index/budget.js';
import { select } from '../trace-index/queries/selection.js';
import { parseQuery } from '../trace-index/queries/trace-query.js';
import { TraceIndex } from '../trace-index/trace-index.js';

/** The traces of a list, newest first. */
export interface FoundTraces {
  readonly traces: readonly TraceSummary[];
  /** Whether others may be missing, because more words contain a part than a search looks for. */
  readonly areWordsLeftOut: boolean;
}

/** The traces of a file, which a server may be writing. */
export interface TraceFileReader extends Disposable {
  /** The newest traces that have all words. */
  list(words: readonly string[], limit: number): Promise<FoundTraces>;
  /** The latest trace with this inference ID, else that with this number. */
  find(idOrNumber: string): StoredRow | undefined;
}

const LIST_MS = 30_000;

/** Opens a file of traces. @throws Error if there is none */
export function openTraceFile(file: string): TraceFileReader {
  // Opening a missing file would create it.
  if (!existsSync(file)) {
    throw new Error(
      `there are no traces in ${file}: start openlayer-local first, or choose --file`,
    );
  }
  const store = new Store(file);
  let index: TraceIndex | undefined;
  return {
    async list(words, limit) {
      index ??= new TraceIndex(store.database, `${file}-index`);
      await index.catchUp();
      const budget = new Budget(LIST_MS);
      const traces: TraceSummary[] = [];
      let areWordsLeftOut = false;
      let cursor: string | null = null;
      do {
        const params = new URLSearchParams({
          limit: String(Math.min(limit - traces.length, MAX_PAGE_LENGTH)),
        });
        if (words.length > 0) params.set('q', words.join(' '));
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
    find(idOrNumber) {
      const number = /^#?(\d{1,15})$/.exec(idOrNumber)?.[1];
      return (
        store.find(idOrNumber) ?? (number === undefined ? undefined : store.get(Number(number)))
      );
    },
    [Symbol.dispose]() {
      void index?.close(); // ends at once, since no catch-up runs
      store.close();
    },
  };
}
