/** Sessions and users: traces that have the same `session` or `user`. */

import { Refusal } from '../http/refusal.js';
import type { Group, GroupPage, TraceSummary } from '../page-api.js';
import type { Budget } from './budget.js';
import { FLAGS, flag, NO_COUNT } from './facts.js';
import { filterOf } from './selection.js';
import type { TraceIndex } from './trace-index.js';

export interface GroupQuery {
  readonly kind: 'session' | 'user';
  readonly pipeline: string | undefined;
  /** A part of the id. */
  readonly q: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

interface Tally {
  traces: number;
  failed: number;
  first: number;
  last: number;
  tokens: number;
  hasTokens: boolean;
  cost: number;
  hasCost: boolean;
  /** Number of the trace that began last. */
  newest: number;
}

/** A page of groups, the one with the latest trace first. */
export async function groupsOf(
  index: TraceIndex,
  query: GroupQuery,
  budget: Budget,
): Promise<GroupPage> {
  const groups = await tallied(index, query, budget);
  const after = query.cursor === undefined ? undefined : cursorOf(query.cursor);
  const sorted = [...groups.values()]
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
      tokens: tally.hasTokens ? tally.tokens : null,
      cost: tally.hasCost ? tally.cost : null,
      input,
    });
  }
  return { groups: page, next: null };
}

async function tallied(
  index: TraceIndex,
  { kind, pipeline }: GroupQuery,
  budget: Budget,
): Promise<Map<number, Tally>> {
  const filter = filterOf(pipeline === undefined ? {} : { pipeline }, index);
  const groups = new Map<number, Tally>();
  for (const chunk of index.facts.chunks) {
    const { wide, narrow } = chunk;
    const column = wide[kind];
    const matches = filter(chunk);
    for (let at = 0; at < chunk.length; at += 1) {
      const hash = column[at] ?? 0;
      if (hash === 0 || !matches(at)) continue;
      const time = wide.time[at] ?? 0;
      const number = chunk.number[at] ?? 0;
      let group = groups.get(hash);
      if (!group) {
        group = {
          traces: 0,
          failed: 0,
          first: time,
          last: time,
          tokens: 0,
          hasTokens: false,
          cost: 0,
          hasCost: false,
          newest: number,
        };
        groups.set(hash, group);
      }
      group.traces += 1;
      group.failed += flag(narrow.flags[at] ?? 0, FLAGS.failed);
      if (time < group.first) group.first = time;
      if (time >= group.last) {
        group.last = time;
        group.newest = number;
      }
      const tokens = narrow.tokens[at] ?? NO_COUNT;
      if (tokens !== NO_COUNT) {
        group.tokens += tokens;
        group.hasTokens = true;
      }
      const cost = wide.cost[at] ?? Number.NaN;
      if (!Number.isNaN(cost)) {
        group.cost += cost;
        group.hasCost = true;
      }
    }
    await budget.turn();
  }
  return groups;
}

type Place = Pick<Tally, 'last' | 'newest'>;

function isAfter(a: Place, b: Place): boolean {
  return a.last === b.last ? a.newest < b.newest : a.last < b.last;
}

function cursorOf(text: string): Place {
  const [, last, newest] = /^(-?[\d.e+-]+)~(\d+)$/.exec(text) ?? [];
  const place = { last: Number(last), newest: Number(newest) };
  if (Number.isNaN(place.last) || newest === undefined) {
    throw new Refusal(400, 'no such cursor', { isViolation: false });
  }
  return place;
}
