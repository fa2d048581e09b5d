import type { TimeBudget } from '../http/time-budget.js';
import type { TraceQuery } from '../page-api.js';
import type { Chunk } from '../trace-index/facts/chunk.js';
import { CHUNK_LENGTH } from '../trace-index/facts/columns.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { chunkFilter } from './filter.js';

export interface MatchOptions {
  /** The lowest number of a trace. */
  readonly fromNumber?: number | undefined;
  /** The highest number of a trace. */
  readonly toNumber?: number | undefined;
  /** The chunks with the newest traces come first. */
  readonly isNewestFirst?: boolean;
  /** Whether only the chunk itself is needed: its traces are then not filtered, and `indexes` is empty. */
  readonly skips?: (chunk: Chunk) => boolean;
}

/** The traces of one chunk that match a query. */
export interface Matches {
  readonly chunk: Chunk;
  /** `chunk.changes` when the traces were chosen: the chunk may have changed since then. */
  readonly changes: number;
  /** Whether `skips` returned true. */
  readonly isSkipped: boolean;
  /** Their indexes in the columns of the chunk. They are overwritten when the next chunk is read. */
  readonly indexes: Uint16Array;
  /** The chunks that follow. */
  readonly rest: readonly Chunk[];
  /** Whether traces may be missing, because more words contain a part than a search looks for. */
  readonly areWordsLeftOut: boolean;
}

/** The traces that match a query and have its words, chunk by chunk, with pauses for other reads. */
export async function* matchesOf(
  index: TraceIndex,
  query: TraceQuery,
  budget: TimeBudget,
  options: MatchOptions = {},
): AsyncGenerator<Matches> {
  const { fromNumber = 0, toNumber = Number.POSITIVE_INFINITY, isNewestFirst = false } = options;
  const search = hasWords(query) ? index.fullText.searchFor(query.q) : undefined;
  if (search?.isEmpty) return;
  const filter = chunkFilter(query, index);
  const chunks = index.facts.chunks.filter(
    ({ length, firstNumber, lastNumber }) =>
      length > 0 && lastNumber >= fromNumber && firstNumber <= toNumber,
  );
  if (isNewestFirst) chunks.reverse();
  const indexes = new Uint16Array(CHUNK_LENGTH);
  for (const [i, chunk] of chunks.entries()) {
    const first = Math.max(chunk.firstNumber, fromNumber);
    const last = Math.min(chunk.lastNumber, toNumber);
    let count = 0;
    const isSkipped = options.skips?.(chunk) ?? false;
    if (search === undefined) {
      if (!isSkipped) count = indexesBetween(chunk, first, last, indexes);
    } else if (!isSkipped) {
      for await (const numbers of index.fullText.matches(search, first, last, budget)) {
        for (const number of numbers) {
          const at = chunk.find(number);
          if (at >= 0) indexes[count++] = at;
        }
      }
    }
    yield {
      chunk,
      changes: chunk.changes,
      isSkipped,
      indexes: indexes.subarray(0, filter(chunk, indexes, count)),
      rest: chunks.slice(i + 1),
      areWordsLeftOut: search?.isCut ?? false,
    };
    await budget.turn();
  }
}

/** Whether a query is a search. */
export function hasWords<T extends Pick<TraceQuery, 'q'>>(
  query: T,
): query is T & { readonly q: string } {
  return query.q !== undefined && query.q.trim() !== '';
}

const ALL_INDEXES = Uint16Array.from({ length: CHUNK_LENGTH }, (_, at) => at);

/** Writes the indexes of the traces with the numbers from `first` to `last`. @returns how many they are */
function indexesBetween(chunk: Chunk, first: number, last: number, indexes: Uint16Array): number {
  const from = chunk.countUpTo(first - 1);
  const to = chunk.countUpTo(last);
  indexes.set(ALL_INDEXES.subarray(from, to));
  return to - from;
}
