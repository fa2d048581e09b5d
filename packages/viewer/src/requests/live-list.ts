import type { ServerEvent, TracePage, TraceSummary } from '../../../local/src/page-api.js';
import { isTransient } from '../server/api-error.js';
import { HeldRows } from './held-rows.js';
import {
  hasMore,
  type Pages,
  reconciled,
  unseenOf,
  withArrived,
  withChanged,
  withCounted,
  withoutDeleted,
} from './list-pages.js';

/** Held rows are kept up to this number; if there are more, the list is loaded again to show them. */
const MAX_HELD = 500;
/** Shortest time between two loads that events cause. */
const RELOAD_MS = 1000;
/** Longest time between two loads while the server refuses them. */
const LONGEST_WAIT_MS = 8000;
/** Pages that are loaded again after events were missed. Rows of later ones may be out of date: few readers are there. */
const MAX_SYNCED = 25;
/** The list is loaded again rather than showing a longer first page. */
const MAX_HEAD = 1000;

interface LiveListOptions {
  readonly read: () => Pages | undefined;
  readonly write: (data: Pages) => void;
  /** Whether pages are being loaded. The loaded pages overwrite changes that are written meanwhile. */
  readonly isLoading: () => boolean;
  readonly load: (cursor: string | undefined, signal: AbortSignal) => Promise<TracePage>;
  /** Loads the first page again and drops the others. @returns whether it could be loaded */
  readonly reload: () => Promise<boolean>;
  readonly isByTime: boolean;
  /** Whether the list has a filter, which a row that changes may begin or cease to match. */
  readonly isFiltered: boolean;
  /** Returns whether rows may appear by themselves: not while somebody reads the list. */
  readonly mayShow: () => boolean;
  readonly onHeld: (count: number) => void;
  readonly onShown: (numbers: ReadonlySet<number>) => void;
}

/** Keeps the loaded pages of one list up to date, and holds rows back while somebody reads. */
export class LiveList {
  readonly #options: LiveListOptions;
  readonly #held = new HeldRows(MAX_HELD);
  /** Changes that wait for pages that are being loaded, in order. */
  #waiting: (() => void)[] = [];
  #isSyncing = false;
  /** Loads in a row that the server refused. */
  #failures = 0;
  #reloadedAt = 0;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #showTimer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();

  constructor(options: LiveListOptions) {
    this.#options = options;
  }

  onEvent(event: ServerEvent): void {
    this.#whenLoaded(() => this.#apply(event));
  }

  /** Has to be called when pages were loaded. */
  onLoaded(): void {
    while (!this.#isSyncing && !this.#options.isLoading()) {
      const change = this.#waiting.shift();
      if (change === undefined) return;
      change();
    }
  }

  showHeld(): void {
    this.#whenLoaded(() => this.#show());
  }

  /** Loads the pages again, since events were missed. Nothing moves: new rows are held if somebody reads. */
  async sync(): Promise<void> {
    if (this.#isSyncing) {
      this.#syncSoon();
      return;
    }
    const { read, load, isByTime } = this.#options;
    const { signal } = this.#stop;
    const fresh: TracePage[] = [];
    this.#isSyncing = true;
    try {
      let cursor: string | undefined;
      do {
        const page = await load(cursor, signal);
        fresh.push(page);
        cursor = page.next ?? undefined;
      } while (
        cursor !== undefined &&
        fresh.length < Math.min(MAX_SYNCED, read()?.pages.length ?? 0)
      );
      // Events that came meanwhile are newer.
      this.#waiting.unshift(() => {
        const before = read();
        if (before === undefined) return;
        const { data, unseen, omitted } = reconciled(before, fresh, { isByTime });
        this.#options.write(data);
        this.#held.release();
        this.#hold(unseen, omitted);
      });
      this.#failures = 0;
    } catch (error) {
      // The stream may stay open although a load is refused: nothing else would show the rows that were missed.
      if (!signal.aborted && isTransient(error)) this.#syncSoon(RELOAD_MS * 2 ** this.#failures++);
    } finally {
      this.#isSyncing = false;
    }
    if (!signal.aborted) this.onLoaded();
  }

  /** Forgets held rows and waiting changes. The list can be used again. */
  close(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#showTimer);
    this.#syncTimer = undefined;
    this.#showTimer = undefined;
    this.#waiting = [];
    this.#failures = 0;
    this.#held.release();
    this.#options.onHeld(0);
  }

  #whenLoaded(change: () => void): void {
    this.#waiting.push(change);
    this.onLoaded();
  }

  #apply(event: ServerEvent): void {
    const { read, write, isFiltered } = this.#options;
    const data = read();
    if (data === undefined) return;
    if (event.type === 'traces') {
      write(withCounted(data, event.traces, event.omitted));
      this.#hold(unseenOf(data, event.traces), event.omitted);
    } else if (event.type === 'changed') {
      const changed = new Map(event.traces.map((trace) => [trace.number, trace]));
      this.#held.change(changed);
      write(withChanged(data, changed));
      // The server sends changes to every stream, whatever its filter is: only a load finds what matches now.
      if (isFiltered && event.traces.length > 0) this.#syncSoon(RELOAD_MS * data.pages.length);
    } else if (event.type === 'deleted') {
      const gone = new Set(event.numbers);
      write(withoutDeleted(data, event.upTo, gone, this.#held.remove(event.upTo, gone)));
      this.#options.onHeld(this.#held.count);
      // Rows that are not loaded may have been deleted too: only the server has the total.
      if (hasMore(data) || this.#held.isIncomplete) this.#syncSoon();
    }
  }

  #hold(rows: readonly TraceSummary[], omitted: number): void {
    this.#held.add(rows, omitted);
    this.#options.onHeld(this.#held.count);
    if (!this.#options.isByTime || !this.#options.mayShow()) return;
    const waitMs = this.#held.isIncomplete ? this.#reloadedAt + RELOAD_MS - Date.now() : 0;
    if (waitMs <= 0) this.#show();
    else this.#showTimer ??= setTimeout(() => this.#showLater(), waitMs);
  }

  #showLater(): void {
    this.#showTimer = undefined;
    this.#whenLoaded(() => this.#hold([], 0));
  }

  #show(): void {
    const { read, write, isByTime } = this.#options;
    const data = read();
    if (this.#held.count === 0 || data === undefined) return;
    const length = (data.pages[0]?.traces.length ?? 0) + this.#held.count;
    if (this.#held.isIncomplete || !isByTime || length > MAX_HEAD) {
      void this.#reload();
      return;
    }
    const arrived = this.#held.release();
    write(withArrived(data, arrived));
    this.#options.onHeld(0);
    this.#options.onShown(new Set(arrived.map(({ number }) => number)));
  }

  async #reload(): Promise<void> {
    const { signal } = this.#stop;
    this.#reloadedAt = Date.now();
    const isLoaded = await this.#options.reload();
    if (signal.aborted) return;
    if (isLoaded) {
      this.#held.release();
      this.#options.onHeld(0);
    }
    this.onLoaded();
  }

  #syncSoon(waitMs = RELOAD_MS): void {
    this.#syncTimer ??= setTimeout(
      () => {
        this.#syncTimer = undefined;
        void this.sync();
      },
      Math.min(waitMs, LONGEST_WAIT_MS),
    );
  }
}
