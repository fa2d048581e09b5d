import assert from 'node:assert/strict';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { processWide } from '../../src/platform/process-wide.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { Publisher } from '../../src/publish/queue/publisher.ts';
import { RequestPublisher } from '../../src/publish/queue/request-publisher.ts';
import type { PublisherOptions, RowPublisher } from '../../src/publish/queue/row-publisher.ts';
import type { RowBatch, RowDelivery } from '../../src/publish/transport/row-transport.ts';
import { SendError } from '../../src/publish/transport/send-error.ts';
import { useLaterClock } from '../later-clock.ts';
import { type Row, row } from './transports.ts';

const LIMITS = { maxBatchRows: 3, maxBatchBytes: 1000, maxDelayMs: 3, maxQueueBytes: 100 };

type Answer = (batch: RowBatch, n: number) => RowDelivery | Promise<RowDelivery> | undefined;

/** A publisher over a transport that answers so; by default all rows are delivered. */
function publisherOf(
  make: (options: PublisherOptions) => RowPublisher,
  answer: Answer = () => undefined,
  options: Partial<PublisherOptions> = {},
) {
  const sent: string[] = [];
  const said: string[] = [];
  const calls: number[] = [];
  const ledger = new Ledger();
  let closes = 0;
  let now = 0;
  const publisher = make({
    transport: {
      async send(batch, { signal }) {
        sent.push(batch.rows.map(({ inferenceId }) => inferenceId).join(' '));
        if (signal?.aborted) throw new SendError('given_up', 'aborted');
        const aborted = new Promise<never>((_, reject) => {
          signal?.addEventListener('abort', () => reject(new SendError('given_up', 'aborted')));
        });
        aborted.catch(() => {});
        const delivery = answer(batch, sent.length - 1);
        return (
          (await Promise.race([delivery, aborted])) ?? { delivered: batch.rows.length, lost: {} }
        );
      },
      close: () => void closes++,
    },
    limits: LIMITS,
    diagnostics: new Diagnostics({
      onDiagnostic: ({ level, reason }) => said.push(`${level} ${reason}`),
      // Each a minute after the one before, since a reason is reported once a minute.
      now: () => (now += 60_000),
    }),
    runDetached: (fn) => fn(),
    ledger,
    onSent: (ms) => calls.push(ms),
    ...options,
  });
  return { publisher, sent, said, calls, ledger, closes: () => closes };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const never = () => new Promise<never>(() => {});
const ids = (rows: Iterable<Row>) => [...rows].map(({ inferenceId }) => inferenceId).join(' ');

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 500) throw new Error('not within five seconds');
    await sleep(10);
  }
}

const PUBLISHERS: readonly (readonly [string, (options: PublisherOptions) => RowPublisher])[] = [
  ['a publisher', (options) => new Publisher(options)],
  [
    'a publisher of Workers',
    (options) => new RequestPublisher({ ...options, maxElapsedMs: 60_000 }),
  ],
];

for (const [name, make] of PUBLISHERS) {
  describe(name, () => {
    it('sends rows together once they have waited, and counts them', async () => {
      const { publisher, sent, ledger, said, calls } = publisherOf(make);
      publisher.add(row('a', { bytes: 4 }));
      publisher.add(row('b', { bytes: 5 }));
      assert.deepEqual([ledger.queued, ledger.queuedBytes, sent], [2, 9, []]);
      assert.equal(ids(publisher.queuedRows()), 'a b');
      await until(() => ledger.queued === 0);
      assert.deepEqual([ledger.published, ledger.queuedBytes, sent], [2, 0, ['a b']]);
      assert.deepEqual([said, calls.length, ids(publisher.queuedRows())], [[], 1, '']);
      publisher.add(row('c'));
      await until(() => ledger.published === 3);
    });

    it('sends at a flush without waiting, and does nothing where nothing waits', async () => {
      const limits = { ...LIMITS, maxDelayMs: 1000 };
      const { publisher, sent, ledger } = publisherOf(make, undefined, { limits });
      await publisher.flush(1000);
      for (const id of ['a', 'b', 'c', 'd']) publisher.add(row(id));
      await publisher.flush(5000);
      assert.deepEqual([sent, ledger.published], [['a b c', 'd'], 4]);
    });

    it('ends a flush at its deadline, with the rows still in the queue', async () => {
      const { publisher, ledger } = publisherOf(make, never);
      publisher.add(row('a'));
      const begin = performance.now();
      await publisher.flush(20);
      assert.ok(performance.now() - begin >= 18);
      assert.deepEqual([ledger.queued, ids(publisher.queuedRows())], [1, 'a']);
      await publisher.shutdown(1);
    });

    it('sends a row at once where that is asked for', async () => {
      const limits = { ...LIMITS, maxDelayMs: 1000 };
      const { publisher, sent, ledger } = publisherOf(make, undefined, { limits });
      await publisher.sendNow(row('a'));
      assert.deepEqual([sent, ledger.published, ledger.queued], [['a'], 1, 0]);
    });

    it('takes as many bytes as its queue has room for, and says once it has none', async () => {
      const { publisher, ledger, said } = publisherOf(make, never);
      publisher.add(row('a', { bytes: 60 }));
      publisher.add(row('b', { bytes: 40 }));
      assert.deepEqual([ledger.dropped, said], [{}, []]);
      publisher.add(row('c', { bytes: 1 }));
      await publisher.sendNow(row('d', { bytes: 1 }));
      assert.deepEqual([ledger.queued, ledger.queuedBytes], [2, 100]);
      assert.deepEqual(ledger.dropped, { queue_full: 2 });
      assert.deepEqual(new Set(said), new Set(['warn queue_full']));
      await publisher.shutdown(1);
    });

    it('calls rows that a transport gives up of itself by that name', async () => {
      const lost = { given_up: 1 };
      const { publisher, ledger } = publisherOf(make, () => ({ delivered: 0, lost }));
      publisher.add(row('a'));
      await publisher.flush(5000);
      assert.deepEqual(ledger.dropped, lost);
    });

    for (const [error, reason] of [
      [new SendError('refused', 'no'), 'refused'],
      [new TypeError('ours'), 'internal_error'],
    ] as const) {
      it(`drops rows that cannot be delivered, by their reason: ${reason}`, async () => {
        const { publisher, ledger, said, calls } = publisherOf(make, () => {
          throw error;
        });
        publisher.add(row('a'));
        publisher.add(row('b'));
        await publisher.flush(5000);
        assert.deepEqual([ledger.dropped, ledger.queued], [{ [reason]: 2 }, 0]);
        assert.deepEqual([said, calls], [[`error lost_${reason}`], []]);
        await publisher.sendNow(row('c'));
        assert.deepEqual(ledger.dropped, { [reason]: 3 });
      });
    }

    it('counts what became of each row, and drops a batch that is not accounted for', async () => {
      const { publisher, ledger, calls } = publisherOf(make, ({ rows }, n) =>
        n === 0
          ? { delivered: 0, lost: { busy: 1 }, spooled: 1 }
          : { delivered: rows.length + 1, lost: {} },
      );
      for (const id of ['a', 'b']) publisher.add(row(id));
      await publisher.flush(5000);
      assert.deepEqual([ledger.spooled, ledger.dropped], [1, { busy: 1 }]);
      publisher.add(row('c'));
      await publisher.flush(5000);
      assert.deepEqual([ledger.queued, ledger.published], [0, 0]);
      assert.deepEqual(ledger.dropped, { busy: 1, internal_error: 1 });
      assert.deepEqual(calls, []);
    });

    it('has two batches under way at a time', async () => {
      const answers: (() => void)[] = [];
      const answer = ({ rows }: RowBatch) =>
        new Promise<RowDelivery>((resolve) =>
          answers.push(() => resolve({ delivered: rows.length, lost: {} })),
        );
      const limits = { ...LIMITS, maxDelayMs: 1000 };
      const { publisher, sent, ledger } = publisherOf(make, answer, { limits });
      for (const id of 'abcdefghijkl') publisher.add(row(id));
      const flushed = publisher.flush(5000);
      await sleep(20);
      assert.deepEqual(sent, ['a b c', 'd e f']);
      assert.equal(ids(publisher.queuedRows()).length, 23);
      answers[0]?.();
      await sleep(5);
      assert.deepEqual([sent.length, ledger.published], [3, 3]);
      for (let i = 1; i < 4; i++) {
        await until(() => answers[i] !== undefined);
        answers[i]?.();
      }
      await flushed;
      assert.deepEqual([sent.length, ledger.published, ledger.queued], [4, 12, 0]);
    });

    it('waits at a flush for what another request sends', async () => {
      let deliver = () => {};
      const answer = () =>
        new Promise<RowDelivery>((resolve) => {
          deliver = () => resolve({ delivered: 1, lost: {} });
        });
      const { publisher, ledger } = publisherOf(make, answer);
      const sending = publisher.sendNow(row('a'));
      let isFlushed = false;
      const flushing = publisher.flush(5000).then(() => {
        isFlushed = true;
      });
      await sleep(30);
      assert.equal(isFlushed, false);
      deliver();
      await Promise.all([sending, flushing]);
      assert.equal(ledger.published, 1);
    });

    it('delivers at its shutdown, closes its transport once and takes no further row', async () => {
      const limits = { ...LIMITS, maxDelayMs: 1000 };
      const { publisher, sent, ledger, said, closes } = publisherOf(make, undefined, { limits });
      publisher.add(row('a'));
      await Promise.all([publisher.shutdown(5000), publisher.shutdown(5000)]);
      assert.deepEqual([sent, ledger.published, closes()], [['a'], 1, 1]);
      publisher.add(row('b'));
      await publisher.sendNow(row('c'));
      assert.deepEqual([ledger.queued, ledger.dropped], [0, { shut_down: 2 }]);
      assert.deepEqual([said, sent], [[], ['a']]);
    });

    it('gives up at its shutdown what is not delivered by the deadline', async () => {
      const { publisher, ledger, closes } = publisherOf(make, never);
      for (const id of 'abcdefgh') publisher.add(row(id));
      await publisher.shutdown(10);
      assert.deepEqual([ledger.queued, ledger.queuedBytes], [0, 0]);
      assert.deepEqual([ledger.dropped, closes()], [{ shut_down: 8 }, 1]);
    });

    it('has a failure at its shutdown reported', async () => {
      const close = () => {
        throw new Error('x');
      };
      const transport = { send: never, close };
      const { publisher, said } = publisherOf(make, undefined, { transport });
      await publisher.shutdown(1);
      assert.deepEqual(said, ['error internal_error']);
    });
  });
}

describe('the end of the process', () => {
  it('has a hook of a publisher only while it has rows', async () => {
    const hooks = () =>
      processWide<{ hooks: Set<unknown> }>('before-exit.v1', () =>
        assert.fail('there are no hooks'),
      ).hooks;
    const [, make] = PUBLISHERS[0] as (typeof PUBLISHERS)[number];
    const { publisher, ledger } = publisherOf(make);
    for (let i = 1; i <= 2; i++) {
      publisher.add(row('a'));
      const hook = [...hooks()].at(-1);
      assert.equal(typeof hook, 'function');
      await publisher.flush(5000);
      assert.deepEqual([ledger.published, hooks().has(hook)], [i, false]);
    }
  });
});

describe('a publisher with a spool', () => {
  it('gives it what the queue has no room for, and what comes after the shutdown', async () => {
    const kept: string[] = [];
    const overflow = (rows: readonly Row[]): RowDelivery => {
      kept.push(ids(rows));
      return { delivered: 0, lost: {}, spooled: rows.length };
    };
    const [, make] = PUBLISHERS[0] as (typeof PUBLISHERS)[number];
    const { publisher, ledger } = publisherOf(make, undefined, { overflow });
    publisher.add(row('a', { bytes: 101 }));
    assert.deepEqual([kept, ledger.spooled, ledger.queued, ledger.queuedBytes], [['a'], 1, 0, 0]);
    publisher.add(row('b', { bytes: 100 }));
    assert.equal(ledger.queued, 1);
    await publisher.shutdown(5000);
    publisher.add(row('c'));
    assert.deepEqual([kept, ledger.spooled, ledger.dropped], [['a', 'c'], 2, {}]);
  });

  it('sends full batches at once', async () => {
    const limits = { ...LIMITS, maxDelayMs: 1000 };
    const [, make] = PUBLISHERS[0] as (typeof PUBLISHERS)[number];
    const { publisher, sent, ledger } = publisherOf(make, undefined, { limits });
    for (const id of 'abcd') publisher.add(row(id));
    await until(() => ledger.published === 3);
    assert.deepEqual([sent, ids(publisher.queuedRows())], [['a b c'], 'd']);
    await publisher.shutdown(5000);
  });
});

describe('a publisher of Workers whose requests are cancelled', () => {
  const clock = useLaterClock();

  it('sends what they left again, until it is too old', async () => {
    const limits = { ...LIMITS, maxDelayMs: 1000 };
    const make = (options: PublisherOptions) =>
      new RequestPublisher({ ...options, maxElapsedMs: 10_000 });
    const { publisher, sent, ledger, said } = publisherOf(make, never, { limits });
    publisher.add(row('a'));
    await publisher.flush(5);
    clock.laterMs += 4000;
    await publisher.flush(5);
    assert.deepEqual([sent, ledger.queued], [['a'], 1]);
    clock.laterMs += 2000;
    await publisher.flush(5);
    assert.deepEqual([sent, ledger.queued], [['a', 'a'], 1]);
    clock.laterMs += 6000;
    await publisher.flush(5);
    assert.deepEqual([sent, ledger.queued], [['a', 'a'], 0]);
    assert.deepEqual([ledger.dropped, said], [{ given_up: 1 }, ['error lost_given_up']]);
  });
});

describe('a shutdown of Workers without timers', () => {
  it('drops and counts the rows that it cannot send', async () => {
    const { publisher, ledger, said, closes } = publisherOf(
      (options) => new RequestPublisher({ ...options, maxElapsedMs: 60_000 }),
      undefined,
      { limits: { ...LIMITS, maxDelayMs: 1000 } },
    );
    publisher.add(row('a'));
    // At the top level of a Worker, where no request runs, there is none.
    const { AbortController } = globalThis;
    globalThis.AbortController = class {
      constructor() {
        throw new Error('outside any request');
      }
    } as never;
    try {
      await publisher.shutdown(1000);
    } finally {
      globalThis.AbortController = AbortController;
    }
    assert.deepEqual([ledger.queued, ids(publisher.queuedRows())], [0, '']);
    assert.deepEqual([ledger.dropped, closes()], [{ shut_down: 1 }, 1]);
    assert.deepEqual(said, ['error internal_error', 'error lost_shut_down']);
  });
});

describe('a send of Workers that fails in this library', () => {
  it('gives up its lease, counts its rows, and lets other sends of its request come to their end', async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
    // mocha starts a timer of its own when the test has returned its promise.
    await new Promise(setImmediate);
    const before = timers();
    let timersDuringSecond = 0;
    const { publisher, said, ledger } = publisherOf(
      (options) => new RequestPublisher({ ...options, maxElapsedMs: 60_000 }),
      async ({ rows }, n) => {
        if (n === 1) {
          await sleep(30);
          timersDuringSecond = timers();
        }
        return { delivered: rows.length, lost: {} };
      },
      {
        limits: { ...LIMITS, maxBatchRows: 1, maxDelayMs: 0 },
        onSent: () => {
          throw new Error('broken');
        },
      },
    );
    publisher.add(row('a'));
    publisher.add(row('b'));
    await publisher.flush(1000);
    assert.deepEqual([ledger.published, ledger.queued], [2, 0]);
    // The limit and the lease of the request, and the deadline of the flush.
    assert.ok(timersDuringSecond >= before + 3, `${timersDuringSecond} timers, ${before} before`);
    // The timer whose callback runs counts as active.
    await new Promise(setImmediate);
    assert.equal(timers(), before);
    assert.deepEqual(said, ['error internal_error', 'error internal_error']);
  });
});
