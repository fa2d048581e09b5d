/** The loaded pages of the list, and the rows that arrive, change and are deleted meanwhile. */

import assert from 'node:assert/strict';
import { HeldRows } from '../src/requests/held-rows.ts';
import { areWordsLeftOut, type Pages, withArrived } from '../src/requests/list-pages.ts';
import { LiveList } from '../src/requests/live-list.ts';

type Row = Parameters<HeldRows['add']>[0][number];
type Page = Pages['pages'][number];

const PAGE = 3;

function row(number: number, more: Partial<Row> = {}): Row {
  return {
    ...{ number, time: number * 1000, receivedAt: 0, name: `request ${number}` },
    ...{ pipelineId: 'dev', inferenceId: `id-${number}`, traceId: null, route: null },
    ...{ method: null, status: 200, outcome: 'completed', error: null, latency: 1 },
    ...{ firstByte: null, firstToken: null, promptTokens: null, completionTokens: null },
    ...{ tokens: null, cost: null, unpricedCalls: 0, models: [], user: null, session: null },
    ...{ steps: 1, bytes: 1, input: '', output: '', feedback: null, marks: [] },
    dialect: 'other',
    ...more,
  };
}

/** A server with rows by time, and a list that has loaded some of its pages. */
class Server {
  rows: Row[] = [];
  pages: Pages | undefined;
  held = 0;
  shown: number[] = [];
  isReading = false;
  isLoading = false;
  areWordsLeftOut = false;
  loads = 0;
  /** How many of the next loads are refused. */
  refusals = 0;
  /** The filter of the list. Changes come to it whether they match or not. */
  matches: ((row: Row) => boolean) | undefined;
  readonly list: LiveList;

  constructor(count: number, pages = 1, isByTime = true, matches?: (row: Row) => boolean) {
    this.matches = matches;
    for (let number = 1; number <= count; number++) this.rows.push(row(number));
    this.loadPages(pages);
    this.list = new LiveList({
      read: () => this.pages,
      write: (data) => {
        this.pages = data;
      },
      isLoading: () => this.isLoading,
      load: async (cursor) => {
        if (this.refusals === 0) return this.page(cursor);
        this.refusals--;
        throw new Error('Too many searches at once.');
      },
      reload: async () => {
        this.loadPages(1);
        return true;
      },
      isByTime,
      isFiltered: matches !== undefined,
      mayShow: () => !this.isReading,
      onHeld: (held) => {
        this.held = held;
      },
      onShown: (numbers) => {
        this.shown = [...numbers];
      },
    });
  }

  page(cursor?: string): Page {
    this.loads++;
    const matching = this.rows.filter((each) => this.matches?.(each) ?? true);
    const sorted = matching.toSorted((a, b) => b.time - a.time);
    const rest = sorted.filter(({ time }) => cursor === undefined || time < Number(cursor));
    const traces = rest.slice(0, PAGE);
    return {
      traces,
      next: rest.length > PAGE ? String(traces.at(-1)?.time) : null,
      total: matching.length,
      isTotalExact: true,
      ...(this.areWordsLeftOut && { areWordsLeftOut: true as const }),
      newest: Math.max(0, ...this.rows.map(({ number }) => number)),
    };
  }

  loadPages(count: number): void {
    this.pages = { pages: [], pageParams: [] };
    for (let place = 0; place < count; place++) this.loadNext();
  }

  loadNext(): void {
    const before = this.pages ?? { pages: [], pageParams: [] };
    const cursor = before.pages.at(-1)?.next ?? undefined;
    this.pages = {
      pages: [...before.pages, this.page(cursor)],
      pageParams: [...before.pageParams, cursor],
    };
  }

  /** Rows arrive, and the page receives an event about them. */
  arrive(...rows: readonly Row[]): void {
    this.rows.push(...rows);
    this.list.onEvent({ type: 'traces', traces: rows, omitted: 0 });
  }

  /** A row changes, and the page receives an event about it. */
  change(number: number, more: Partial<Row>): void {
    const changed = row(number, more);
    this.rows = this.rows.map((each) => (each.number === number ? changed : each));
    this.list.onEvent({ type: 'changed', traces: [changed] });
  }

  get numbers(): readonly number[] {
    return this.pages?.pages.flatMap(({ traces }) => traces.map(({ number }) => number)) ?? [];
  }

  get total(): number | undefined {
    return this.pages?.pages[0]?.total;
  }
}

describe('rows that are held back', () => {
  it('are counted, changed and removed until they are released', () => {
    const held = new HeldRows(2);
    held.add([row(1), row(2)], 0);
    held.add([row(2, { name: 'again' })], 0);
    assert.deepEqual([held.count, held.isIncomplete], [2, false]);
    held.change(
      new Map([
        [1, row(1, { name: 'changed' })],
        [9, row(9)],
      ]),
    );
    assert.equal(held.remove(0, new Set([2, 7])), 1);
    assert.deepEqual(
      held.release().map(({ name }) => name),
      ['changed'],
    );
    assert.equal(held.count, 0);
  });

  it('are only counted beyond a limit', () => {
    const held = new HeldRows(2);
    held.add([row(1), row(2), row(3)], 4);
    assert.deepEqual([held.count, held.isIncomplete], [7, true]);
    held.release();
    assert.deepEqual([held.count, held.isIncomplete], [0, false]);
  });
});

describe('a list whose search left words out', () => {
  it('says so as soon as one page does, and after it is loaded again', async () => {
    const server = new Server(7, 2);
    assert.equal(areWordsLeftOut(server.pages?.pages ?? []), false);
    server.areWordsLeftOut = true;
    await server.list.sync();
    assert.equal(areWordsLeftOut(server.pages?.pages ?? []), true);
    const later = new Server(7, 1);
    later.areWordsLeftOut = true;
    later.loadNext();
    assert.equal(areWordsLeftOut(later.pages?.pages ?? []), true);
  });
});

describe('a live list', () => {
  it('shows rows that arrive, and counts them', () => {
    const server = new Server(2);
    server.arrive(row(3), row(4));
    assert.deepEqual(server.numbers, [4, 3, 2, 1]);
    assert.deepEqual([server.total, server.held, server.shown], [4, 0, [3, 4]]);
  });

  it('holds rows while somebody reads, and shows them when it is asked to', () => {
    const server = new Server(2);
    server.isReading = true;
    server.arrive(row(3));
    server.arrive(row(4));
    assert.deepEqual([server.numbers, server.held, server.total], [[2, 1], 2, 4]);
    server.list.showHeld();
    assert.deepEqual([server.numbers, server.held, server.total], [[4, 3, 2, 1], 0, 4]);
  });

  it('shows held rows when it is opened again', async () => {
    const server = new Server(2);
    server.isReading = true;
    server.arrive(row(3), row(4));
    server.list.close();
    assert.equal(server.held, 0);
    await server.list.sync();
    assert.deepEqual([server.numbers, server.held, server.total], [[2, 1], 2, 4]);
    server.list.showHeld();
    assert.deepEqual([server.numbers, server.total], [[4, 3, 2, 1], 4]);
  });

  it('shows rows that it missed, even if newer ones arrive while it loads them', async () => {
    const server = new Server(1);
    server.rows.push(row(2));
    const synced = server.list.sync();
    server.arrive(row(3));
    await synced;
    assert.deepEqual([server.numbers, server.total, server.held], [[3, 2, 1], 3, 0]);
  });

  it('shows rows that it missed, even if the server refuses to load them at first', async () => {
    const server = new Server(1);
    server.rows.push(row(2));
    server.refusals = 1;
    await server.list.sync();
    assert.deepEqual(server.numbers, [1]);
    const end = Date.now() + 10_000;
    while (server.total !== 2 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual([server.numbers, server.total], [[2, 1], 2]);
    server.list.close();
  });

  it('does not load rows again once it is closed', async () => {
    const server = new Server(1);
    server.refusals = 1;
    const synced = server.list.sync();
    server.list.close();
    await synced;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(server.loads, 1);
  });

  it('keeps a row that arrives while the next page is loaded', () => {
    const server = new Server(5);
    const before = server.pages;
    server.isLoading = true;
    server.arrive(row(6));
    // The cache puts the page behind those that there were when its load began.
    server.pages = before;
    server.loadNext();
    server.isLoading = false;
    server.list.onLoaded();
    assert.deepEqual(server.numbers, [6, 5, 4, 3, 2, 1]);
    assert.equal(server.total, 6);
  });

  it('shows a row once that is older than the loaded ones, when its page is loaded', () => {
    const server = new Server(5);
    server.arrive(row(6, { time: 1500 }));
    assert.deepEqual([server.numbers, server.total], [[5, 4, 3], 6]);
    server.loadNext();
    assert.deepEqual(server.numbers, [5, 4, 3, 2, 6, 1]);
  });

  it('puts a late row into the page that it belongs to', () => {
    const server = new Server(8, 2);
    server.arrive(row(9, { time: 3500 }));
    assert.deepEqual(server.numbers, [8, 7, 6, 5, 4, 9, 3]);
    assert.equal(server.pages?.pages[0]?.traces.length, PAGE);
    server.loadNext();
    assert.deepEqual(server.numbers, [8, 7, 6, 5, 4, 9, 3, 2, 1]);
  });

  it('has the changes and deletions that it missed', async () => {
    const server = new Server(8, 2);
    server.rows = server.rows.filter(({ number }) => number !== 7 && number !== 4);
    server.rows = server.rows.map((each) =>
      each.number === 5 ? row(5, { name: 'changed' }) : each,
    );
    await server.list.sync();
    assert.deepEqual([server.numbers, server.total], [[8, 6, 5, 3], 6]);
    assert.equal(server.pages?.pages[1]?.traces[0]?.name, 'changed');
    server.loadNext();
    assert.deepEqual(server.numbers, [8, 6, 5, 3, 2, 1]);
  });

  it('loads 25 of its pages again at most, and keeps the others', async () => {
    const server = new Server(240, 80);
    server.rows = server.rows.filter(({ number }) => number !== 239);
    server.loads = 0;
    await server.list.sync();
    assert.equal(server.loads, 25);
    const numbers = server.pages?.pages.flatMap(({ traces }) => traces.map(({ number }) => number));
    assert.equal(numbers?.length, 239);
    assert.ok(numbers?.includes(1) && !numbers.includes(239));
  });

  it('moves no row after a long disconnection', async () => {
    const server = new Server(6, 2);
    server.isReading = true;
    for (let number = 7; number <= 40; number++) server.rows.push(row(number));
    await server.list.sync();
    assert.deepEqual([server.numbers, server.held, server.total], [[6, 5, 4, 3, 2, 1], 34, 40]);
    server.list.showHeld();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([server.numbers, server.held], [[40, 39, 38], 0]);
  });

  for (const { title, number, more, numbers } of [
    { title: 'shows a row that begins to match', number: 2, more: {}, numbers: [4, 3, 2, 1] },
    {
      title: 'drops a row that no longer matches',
      number: 3,
      more: { status: 500 },
      numbers: [4, 1],
    },
  ]) {
    it(`${title} its filter`, async () => {
      const server = new Server(0, 1, true, ({ status }) => status === 200);
      server.rows = [row(1), row(2, { status: 500 }), row(3), row(4)];
      server.loadPages(1);
      server.isReading = true;
      server.change(number, more);
      const end = Date.now() + 10_000;
      while (String(server.numbers) !== String(numbers) && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.deepEqual([server.numbers, server.total], [numbers, numbers.length]);
      server.list.close();
    });
  }

  it('has a total without the deleted rows, shown, held or not loaded', async () => {
    const server = new Server(3);
    server.isReading = true;
    server.arrive(row(4), row(5));
    server.list.onEvent({ type: 'deleted', upTo: 1, numbers: [3, 4, 99] });
    assert.deepEqual([server.numbers, server.held, server.total], [[2], 1, 2]);
    server.list.showHeld();
    assert.deepEqual([server.numbers, server.total], [[5, 2], 2]);

    const long = new Server(8);
    long.rows = long.rows.filter(({ number }) => number > 4);
    long.list.onEvent({ type: 'deleted', upTo: 4, numbers: [] });
    const end = Date.now() + 10_000;
    while (long.total !== 4 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(long.total, 4);
    long.list.close();
  });

  it('is loaded again to show held rows if it is not sorted by time', async () => {
    const server = new Server(2, 1, false);
    server.arrive(row(3));
    assert.deepEqual([server.numbers, server.held, server.total], [[2, 1], 1, 3]);
    server.list.showHeld();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([server.numbers, server.held], [[3, 2, 1], 0]);
  });
});

describe('pages with arrived rows', () => {
  it('have each row once', () => {
    const { pages = { pages: [], pageParams: [] } } = new Server(2);
    const once = withArrived(pages, [row(3)]);
    assert.deepEqual(
      withArrived(once, [row(2), row(3)]).pages[0]?.traces.map(({ number }) => number),
      [3, 2, 1],
    );
  });
});
