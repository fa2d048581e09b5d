/** Sessions and users: traces that have the same `session` or `user`. */

import { Refusal } from '../http/refusal.js';
import type { TimeBudget } from '../http/time-budget.js';
import type { Group, GroupPage, TraceSummary } from '../page-api.js';
import type { Chunk } from '../trace-index/facts/chunk.js';
import { FLAGS, flag, knownValue, NO_COUNT } from '../trace-index/facts/columns.js';
import { addKnown, longer } from '../trace-index/facts/float-columns.js';
import { Numbering } from '../trace-index/facts/numbering.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { BestTraces } from './best-traces.js';
import { matchesOf } from './matches.js';
import type { RankedTrace } from './order.js';

export interface GroupQuery {
  readonly kind: 'session' | 'user';
  /** A part of the id. */
  readonly q: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** A page of groups, the one with the latest trace first. */
export async function groupsOf(
  index: TraceIndex,
  query: GroupQuery,
  budget: TimeBudget,
): Promise<GroupPage> {
  const { kind, limit } = query;
  const list = await latestGroups(index, query, budget);
  const page = list.slice(0, limit);
  const last = page.at(-1);
  const sums = new GroupSums();
  const ids = new Set(page.map(({ hash }) => hash));
  for await (const { chunk, indexes } of matchesOf(index, {}, budget)) {
    sums.add(chunk, indexes, kind, ids);
  }
  return {
    groups: page.flatMap(({ number, hash }) => {
      const summary = index.summary(number);
      // The trace may have been updated or deleted since it was found.
      if (summary === undefined) return [];
      const { [kind]: id, input } = JSON.parse(summary) as TraceSummary;
      return id === null ? [] : { id, ...sums.of(sums.numberOf(hash)), input };
    }),
    next: list.length > limit && last ? `${-last.rank}~${last.number}` : null,
  };
}

interface LatestGroup extends RankedTrace {
  readonly hash: number;
}

/** The first groups after the cursor: those of a page, and one more if there is a next page. */
async function latestGroups(
  index: TraceIndex,
  { kind, q, cursor, limit }: GroupQuery,
  budget: TimeBudget,
): Promise<readonly LatestGroup[]> {
  const after = cursor === undefined ? undefined : traceAt(cursor);
  const ids = q === '' ? undefined : await index.labels.having(kind, q, budget);
  const sums = new GroupSums();
  let chunks = 0;
  let found: readonly LatestGroup[] = [];
  for await (const { chunk, indexes, rest } of matchesOf(index, {}, budget, {
    isNewestFirst: true,
  })) {
    sums.add(chunk, indexes, kind, ids);
    chunks += 1;
    // Collecting costs time per group, so do it only after 1, 2, 4, ... chunks.
    if (rest.length > 0 && (chunks & (chunks - 1)) !== 0) continue;
    found = sums.latest(limit + 1, after);
    const last = found[limit];
    // All other traces are older than the groups that were found.
    if (last && rest.every(({ maxTime }) => -maxTime > last.rank)) break;
  }
  return found;
}

/** Marks a code whose group was not looked up yet, and one whose group is not counted. */
const NOT_LOOKED_UP = -2;
const NO_GROUP = -1;

/**
 * The values of a group, in this order. They are side by side in one array: most groups have a few traces, which are close to
 * each other, so that the processor still has their values in its cache.
 */
const TRACES = 0;
const FAILED = 1;
const FIRST = 2;
const LAST = 3;
/** NaN if they are not known. */
const TOKENS = 4;
const COST = 5;
/** Number of the trace that began last. */
const NEWEST = 6;
const WIDTH = 8;

/** Counts the traces of each group. */
class GroupSums {
  readonly #groups = new Numbering();
  #values = new Float64Array(1024 * WIDTH);

  /** @param ids hashes of the groups to count; undefined for all */
  add(
    chunk: Chunk,
    indexes: Uint16Array,
    kind: GroupQuery['kind'],
    ids: ReadonlySet<number> | undefined,
  ): void {
    const { codes, hashes } = chunk.texts[kind];
    const groupOf = new Int32Array(hashes.length).fill(NOT_LOOKED_UP);
    const time = chunk.wide.time.read(indexes);
    const cost = chunk.wide.cost.read(indexes);
    const tokens = chunk.counts.tokens.read(indexes);
    const { flags } = chunk;
    let values = this.#values;
    for (let i = 0; i < indexes.length; i += 1) {
      const at = indexes[i] ?? 0;
      const code = codes[at] ?? 0;
      let group = groupOf[code] ?? NO_GROUP;
      if (group === NOT_LOOKED_UP) {
        const hash = hashes[code] ?? 0;
        group =
          hash !== 0 && (ids === undefined || ids.has(hash)) ? this.#groups.of(hash) : NO_GROUP;
        groupOf[code] = group;
        if (group * WIDTH >= values.length) values = this.#grow();
      }
      if (group === NO_GROUP) continue;
      const to = group * WIDTH;
      const began = time[at] ?? 0;
      const isFirst = values[to + TRACES] === 0;
      if (isFirst) values[to + TOKENS] = values[to + COST] = Number.NaN;
      if (isFirst || began < (values[to + FIRST] ?? 0)) values[to + FIRST] = began;
      const last = values[to + LAST] ?? 0;
      const number = chunk.numberAt(at);
      if (isFirst || began > last || (began === last && number > (values[to + NEWEST] ?? 0))) {
        values[to + LAST] = began;
        values[to + NEWEST] = number;
      }
      values[to + TRACES] = (values[to + TRACES] ?? 0) + 1;
      values[to + FAILED] = (values[to + FAILED] ?? 0) + flag(flags[at] ?? 0, FLAGS.failed);
      const count = tokens[at] ?? NO_COUNT;
      if (count !== NO_COUNT) addKnown(values, to + TOKENS, count);
      addKnown(values, to + COST, cost[at] ?? Number.NaN);
    }
  }

  /** The first groups that come after a trace, `limit` at most. */
  latest(limit: number, after: RankedTrace | undefined): readonly LatestGroup[] {
    const values = this.#values;
    const best = new BestTraces(limit, comesAfter);
    const hashes = new Map<number, number>();
    for (let group = 0; group < this.#groups.count; group += 1) {
      const rank = -(values[group * WIDTH + LAST] ?? 0);
      const number = values[group * WIDTH + NEWEST] ?? 0;
      if (after && !comesAfter(rank, number, after)) continue;
      if (best.add(rank, number)) hashes.set(number, this.#groups.hashOf(group));
    }
    return best.list.map((trace) => ({ ...trace, hash: hashes.get(trace.number) ?? 0 }));
  }

  numberOf(hash: number): number {
    return this.#groups.of(hash);
  }

  of(group: number): Omit<Group, 'id' | 'input'> {
    const value = (which: number) => this.#values[group * WIDTH + which] ?? 0;
    return {
      traces: value(TRACES),
      failed: value(FAILED),
      first: value(FIRST),
      last: value(LAST),
      tokens: knownValue(value(TOKENS)),
      cost: knownValue(value(COST)),
    };
  }

  #grow(): Float64Array<ArrayBuffer> {
    this.#values = longer(this.#values, 2 * this.#values.length);
    return this.#values;
  }
}

/** The order of the list: by the time of the latest trace, which the rank has negated, then by its number. */
function comesAfter(rank: number, number: number, other: RankedTrace): boolean {
  return rank === other.rank ? number < other.number : rank > other.rank;
}

/** The trace that a cursor names. @throws Refusal 400 */
function traceAt(cursor: string): RankedTrace {
  const [, last, newest] = /^(-?[\d.e+-]+)~(\d+)$/.exec(cursor) ?? [];
  const trace = { rank: -Number(last), number: Number(newest) };
  if (Number.isNaN(trace.rank) || newest === undefined) {
    throw new Refusal(400, 'no such cursor', { isViolation: false });
  }
  return trace;
}
