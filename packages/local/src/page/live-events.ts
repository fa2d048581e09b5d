import { TimeBudget } from '../http/time-budget.js';
import { select } from '../queries/selection.js';
import type { ParsedQuery } from '../queries/trace-query.js';
import type { IndexDelta, Position, TraceIndex } from '../trace-index/trace-index.js';

const EVERY_MS = 250;
/** Traces in one event. Of new traces beyond, only the number is sent; changes of more traces are several events. */
const MAX_TRACES = 200;
const BUDGET_MS = 1000;

/** Receives an event as JSON, and the number of its traces. */
export type Emit = (json: string, traces: number) => void;

/** Sends each subscriber the new traces of its query, and all changes and deletions, at most four times a second. */
export class LiveEvents {
  readonly #subscribers = new Map<number, { readonly query: ParsedQuery; readonly emit: Emit }>();
  readonly #pending = new PendingDelta();
  #timer: NodeJS.Timeout | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #isFlushing = false;
  #isClosed = false;
  readonly #onSent: (upTo: Position) => void;

  /** @param onSent called after events, with the position up to which all subscribers have been sent everything */
  constructor(onSent: (upTo: Position) => void = () => {}) {
    this.#onSent = onSent;
  }

  subscribe(id: number, query: ParsedQuery, emit: Emit): void {
    this.#subscribers.set(id, { query, emit });
  }

  unsubscribe(id: number): void {
    this.#subscribers.delete(id);
  }

  /** Adds to the events that are sent next. */
  note(index: TraceIndex, delta: IndexDelta): void {
    if (this.#subscribers.size === 0) return;
    const { added, changed, deleted, deletedUpTo } = delta;
    if (!added && changed.length + deleted.length + deletedUpTo === 0) return;
    this.#pending.add(delta);
    this.#flushSoon(index);
  }

  /** Sends at once, or 250 ms after the last events. */
  #flushSoon(index: TraceIndex): void {
    const waitMs = Math.max(0, this.#flushedAt + EVERY_MS - performance.now());
    this.#timer ??= setTimeout(() => void this.#flush(index), waitMs).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#subscribers.clear();
  }

  async #flush(index: TraceIndex): Promise<void> {
    this.#timer = undefined;
    this.#flushedAt = performance.now();
    if (this.#isFlushing) {
      this.#flushSoon(index);
      return;
    }
    this.#isFlushing = true;
    const delta = this.#pending.take();
    const { added, deleted, deletedUpTo } = delta;
    const { position } = index;
    try {
      // Read first: if that fails, no page has been sent anything yet.
      const ofChanged = changedEvents(index, delta.changed);
      for (const { query, emit } of this.#subscribers.values()) {
        if (added) await emitAdded(index, query, added, emit);
        if (this.#isClosed) return;
        for (const json of ofChanged) emit(json, 0);
        if (deleted.length > 0 || deletedUpTo > 0) {
          emit(`{"type":"deleted","upTo":${deletedUpTo},"numbers":${JSON.stringify(deleted)}}`, 0);
        }
      }
      this.#onSent(position);
    } catch {
      this.#pending.add(delta);
      if (!this.#isClosed) this.#flushSoon(index);
    } finally {
      this.#isFlushing = false;
    }
  }
}

/** What changed in the index and was not sent yet. */
class PendingDelta {
  #added: IndexDelta['added'];
  readonly #changed = new Set<number>();
  readonly #deleted = new Set<number>();
  #deletedUpTo = 0;

  add({ added, changed, deleted, deletedUpTo }: IndexDelta): void {
    this.#deletedUpTo = Math.max(this.#deletedUpTo, deletedUpTo);
    if (added) {
      const [from, to] = this.#added ?? added;
      this.#added = [Math.min(from, added[0]), Math.max(to, added[1])];
    }
    for (const number of changed) this.#changed.add(number);
    for (const number of deleted) this.#deleted.add(number);
  }

  /** Returns all, and keeps nothing. */
  take(): IndexDelta {
    const delta = {
      added: this.#added,
      changed: [...this.#changed],
      deleted: [...this.#deleted],
      deletedUpTo: this.#deletedUpTo,
    };
    this.#added = undefined;
    this.#changed.clear();
    this.#deleted.clear();
    this.#deletedUpTo = 0;
    return delta;
  }
}

async function emitAdded(
  index: TraceIndex,
  query: ParsedQuery,
  [from, to]: readonly [number, number],
  emit: Emit,
): Promise<void> {
  const { cursor: _, ...filter } = query;
  const all = { ...filter, sort: 'time', order: 'desc', limit: MAX_TRACES } as const;
  try {
    const found = await select(index, all, new TimeBudget(BUDGET_MS), {
      fromNumber: from,
      toNumber: to,
    });
    if (found.numbers.length === 0) return;
    const traces = summaries(index, found.numbers);
    const omitted = found.total - traces.length;
    emit(`{"type":"traces","traces":[${traces.join(',')}],"omitted":${omitted}}`, found.total);
  } catch {
    // The search takes too long: send only the number of new traces.
    emit(`{"type":"traces","traces":[],"omitted":${to - from + 1}}`, to - from + 1);
  }
}

function changedEvents(index: TraceIndex, numbers: readonly number[]): readonly string[] {
  const events: string[] = [];
  for (let at = 0; at < numbers.length; at += MAX_TRACES) {
    const traces = summaries(index, numbers.slice(at, at + MAX_TRACES));
    events.push(`{"type":"changed","traces":[${traces.join(',')}]}`);
  }
  return events;
}

function summaries(index: TraceIndex, numbers: readonly number[]): readonly string[] {
  return numbers.flatMap((number) => index.summary(number) ?? []);
}
