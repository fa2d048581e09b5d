/** Sessions and users: traces that have the same `session` or `user`. */

import { Refusal } from '../http/refusal.js';
import type { Group, GroupPage, TraceSummary } from '../page-api.js';
import { plusKnown } from '../reading/values.js';
import type { Budget } from './budget.js';
import { FLAGS, flag, knownCount, knownValue } from './facts.js';
import { scan, traceFilter } from './filter.js';
import type { TraceIndex } from './trace-index.js';

export interface GroupQuery {
  readonly kind: 'session' | 'user';
  /** A part of the id. */
  readonly q: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** Counts the traces of one session or user. */
interface Tally {
  traces: number;
  failed: number;
  first: number;
  last: number;
  tokens: number | null;
  cost: number | null;
  /** Number of the trace that began last. */
  newest: number;
}

/** A page of groups, the one with the latest trace first. */
export async function groupsOf(
  index: TraceIndex,
  query: GroupQuery,
  budget: Budget,
): Promise<GroupPage> {
  const tallies = await tallied(index, query, budget);
  const after = query.cursor === undefined ? undefined : placeOf(query.cursor);
  const sorted = [...tallies.values()]
    .filter((each) => !after || isAfter(each, after))
    .sort((a, b) => (isAfter(b, a) ? -1 : 1));
  const page: Group[] = [];
  const words = query.q.toLowerCase();
  let lastSeen: Tally | undefined;
  for (const [i, tally] of sorted.entries()) {
    if (i % 100 === 0) await budget.turn();
    const summary = index.summary(tally.newest);
    if (summary === undefined) continue;
    const { [query.kind]: id, input } = JSON.parse(summary) as TraceSummary;
    if (id === null || !id.toLowerCase().includes(words)) continue;
    if (page.length === query.limit) {
      return { groups: page, next: lastSeen ? `${lastSeen.last}~${lastSeen.newest}` : null };
    }
    lastSeen = tally;
    page.push({
      id,
      traces: tally.traces,
      failed: tally.failed,
      first: tally.first,
      last: tally.last,
      tokens: tally.tokens,
      cost: tally.cost,
      input,
    });
  }
  return { groups: page, next: null };
}

async function tallied(
  index: TraceIndex,
  { kind }: GroupQuery,
  budget: Budget,
): Promise<Map<number, Tally>> {
  const groups = new Map<number, Tally>();
  await scan(index, traceFilter({}, index), budget, (chunk) => {
    const ids = chunk.wide[kind];
    const { time: times, cost: costs } = chunk.wide;
    const { flags, tokens } = chunk.narrow;
    return (at) => {
      const hash = ids[at] ?? 0;
      if (hash === 0) return;
      const time = times[at] ?? 0;
      const number = chunk.number[at] ?? 0;
      let group = groups.get(hash);
      if (!group) {
        group = {
          traces: 0,
          failed: 0,
          first: time,
          last: time,
          tokens: null,
          cost: null,
          newest: number,
        };
        groups.set(hash, group);
      }
      group.traces += 1;
      group.failed += flag(flags[at] ?? 0, FLAGS.failed);
      if (time < group.first) group.first = time;
      if (time >= group.last) {
        group.last = time;
        group.newest = number;
      }
      group.tokens = plusKnown(group.tokens, knownCount(tokens[at]));
      group.cost = plusKnown(group.cost, knownValue(costs[at]));
    };
  });
  return groups;
}

/** A group's place in the list. */
type Place = Pick<Tally, 'last' | 'newest'>;

function isAfter(a: Place, b: Place): boolean {
  return a.last === b.last ? a.newest < b.newest : a.last < b.last;
}

/** The place that a cursor names. @throws Refusal 400 */
function placeOf(cursor: string): Place {
  const [, last, newest] = /^(-?[\d.e+-]+)~(\d+)$/.exec(cursor) ?? [];
  const place = { last: Number(last), newest: Number(newest) };
  if (Number.isNaN(place.last) || newest === undefined) {
    throw new Refusal(400, 'no such cursor', { isViolation: false });
  }
  return place;
}
