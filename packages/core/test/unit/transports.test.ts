import assert from 'node:assert/strict';
import { paceOf, waitBefore } from '../../src/publish/chain/backoff.ts';
import { withBreaker } from '../../src/publish/chain/with-breaker.ts';
import { withIsolation } from '../../src/publish/chain/with-isolation.ts';
import { withRetry } from '../../src/publish/chain/with-retry.ts';
import { trimmed, withTrimming } from '../../src/publish/chain/with-trimming.ts';
import { withVerification } from '../../src/publish/chain/with-verification.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import { isAboutRows } from '../../src/publish/transport/poison-rows.ts';
import { SendError, type SendErrorCode } from '../../src/publish/transport/send-error.ts';
import { type RowKeeper, withKeeping } from '../../src/spool/sending/with-keeping.ts';
import { type SendLog, withSendLog } from '../../src/spool/sending/with-send-log.ts';
import { batchOf, type Row, type Scripted, scripted } from './transports.ts';

const POLICY = { baseMs: 1, capMs: 4, maxElapsedMs: 60_000 };
const OPTIONS = {};
const failing = (code: SendErrorCode, details: ConstructorParameters<typeof SendError>[2] = {}) =>
  new SendError(code, code, details);

/** Fails so often, and then delivers. */
function failingTimes(times: number, error: () => unknown): Scripted {
  return scripted((_batch, n) => {
    if (n < times) throw error();
    return undefined;
  });
}

const codeOf = async (sending: Promise<unknown>) => {
  try {
    await sending;
    return undefined;
  } catch (error) {
    return error instanceof SendError ? error.code : error;
  }
};

describe('an error of a send', () => {
  const CODES: Readonly<
    Record<SendErrorCode, readonly [isRetryable: boolean, isAboutRows: boolean]>
  > = {
    unreachable: [true, false],
    bad_response: [true, false],
    busy: [true, false],
    unauthorized: [false, false],
    not_found: [false, false],
    refused: [false, false],
    rejected: [false, true],
    too_large: [false, true],
    given_up: [false, false],
  };
  for (const [code, [isRetryable, isOfRows]] of Object.entries(CODES)) {
    it(`says whether the same rows may be taken later: ${code}`, () => {
      const error = failing(code as SendErrorCode);
      assert.deepEqual([error.isRetryable, isAboutRows(error, 1)], [isRetryable, isOfRows]);
      assert.deepEqual(
        [error.isAmbiguous, error.isPaused, 'cause' in error],
        [false, false, false],
      );
      assert.equal(JSON.parse(JSON.stringify(error)).code, code);
    });
  }
});

describe('the wait before a try', () => {
  it('doubles up to its cap, on top of what was asked for', () => {
    const waits = [1, 2, 3, 4].map((n) => waitBefore(n, undefined, POLICY, () => 1));
    assert.deepEqual(waits, [1, 2, 4, 4]);
    assert.equal(
      waitBefore(3, 100, POLICY, () => 0.5),
      102,
    );
    assert.equal(
      waitBefore(3, 100, POLICY, () => 0),
      100,
    );
  });
});

describe('the pace after an outage', () => {
  it('is twenty calls in the time of the first wait', () =>
    assert.equal(paceOf({ ...POLICY, baseMs: 1000 }), 50));
});

describe('retries', () => {
  it('go on until the batch is delivered', async () => {
    const told: string[] = [];
    const inner = failingTimes(2, () => failing('busy'));
    const transport = withRetry(inner, POLICY, { onRetry: ({ code }) => told.push(code) });
    assert.deepEqual(await transport.send(batchOf('a'), OPTIONS), { delivered: 1, lost: {} });
    assert.equal(inner.sent.length, 3);
    assert.deepEqual(told, ['busy', 'busy']);
    transport.close();
    assert.equal(inner.isClosed, true);
  });

  for (const error of [failing('rejected'), failing('unauthorized'), new TypeError('ours')]) {
    it(`are not made after what stays as it is: ${error}`, async () => {
      const inner = failingTimes(1, () => error);
      await assert.rejects(withRetry(inner, POLICY).send(batchOf('a'), OPTIONS), error);
      assert.equal(inner.sent.length, 1);
    });
  }

  it('end where the next wait would be over the time that there is', async () => {
    const tries = async (maxElapsedMs: number) => {
      const inner = failingTimes(99, () => failing('busy', { retryAfterMs: maxElapsedMs + 100 }));
      const transport = withRetry(inner, { ...POLICY, maxElapsedMs });
      assert.equal(await codeOf(transport.send(batchOf('a'), OPTIONS)), 'busy');
      return inner.sent.length;
    };
    assert.equal(await tries(1), 1);
    assert.equal(await tries(60_000), 1);
  });

  it('end with the signal, during a wait too', async () => {
    const stop = new AbortController();
    const inner = failingTimes(99, () => failing('busy', { retryAfterMs: 30_000 }));
    const sending = withRetry(inner, POLICY).send(batchOf('a'), { signal: stop.signal });
    setTimeout(() => stop.abort(), 5);
    assert.equal(await codeOf(sending), 'busy');
    assert.equal(
      await codeOf(withRetry(inner, POLICY).send(batchOf('a'), { signal: stop.signal })),
      'busy',
    );
    assert.equal(inner.sent.length, 2);
  });

  it('count no try that was held back, and say nothing of it', async () => {
    const waits: number[] = [];
    const inner = scripted((_batch, n) => {
      if (n < 4) throw failing('busy', { isPaused: n % 2 === 0 });
      return undefined;
    });
    const policy = { baseMs: 1, capMs: 64, maxElapsedMs: 60_000 };
    await withRetry(inner, policy, { random: () => 1, onRetry: (_, ms) => waits.push(ms) }).send(
      batchOf('a'),
      OPTIONS,
    );
    assert.deepEqual(waits, [1, 2]);
  });
});

describe('the breaker', () => {
  const busy = () => failing('busy');
  const send = (breaker: Scripted | ReturnType<typeof withBreaker>) =>
    codeOf(breaker.send(batchOf('a'), OPTIONS));
  const HOUR = { baseMs: 3_600_000, capMs: 3_600_000, maxElapsedMs: 0 };

  it('opens at the fifth failure in a row, and then sends nothing', async () => {
    const inner = failingTimes(99, busy);
    const breaker = withBreaker(inner, HOUR, { random: () => 0.5 });
    for (let i = 0; i < 5; i++) assert.equal(await send(breaker), 'busy');
    assert.equal(inner.sent.length, 5);
    await assert.rejects(breaker.send(batchOf('a'), OPTIONS), (error: SendError) => {
      assert.deepEqual([error.code, error.isPaused], ['busy', true]);
      assert.ok((error.retryAfterMs ?? 0) > 1_700_000, String(error.retryAfterMs));
      return true;
    });
    assert.equal(inner.sent.length, 5);
    assert.equal(breaker.isRefused, false);
  });

  it('waits as long as the platform asks', async () => {
    const inner = failingTimes(99, () => failing('busy', { retryAfterMs: 60_000 }));
    const breaker = withBreaker(inner, POLICY);
    for (let i = 0; i < 6; i++) await send(breaker);
    assert.equal(inner.sent.length, 1);
  });

  it('waits no shorter for each caller where it waits itself', async () => {
    const inner = failingTimes(99, () => failing('busy', { retryAfterMs: 60_000 }));
    const breaker = withBreaker(inner, POLICY, { callerWaits: true });
    await send(breaker);
    await assert.rejects(
      breaker.send(batchOf('b'), OPTIONS),
      (error: SendError) => error.isPaused && (error.retryAfterMs ?? 0) > 59_000,
    );
    assert.equal(inner.sent.length, 1);
  });

  it('counts failures in a row alone', async () => {
    const inner = scripted((_batch, n) => {
      if (n !== 4) throw busy();
      return undefined;
    });
    const breaker = withBreaker(inner, HOUR, { random: () => 1 });
    for (let i = 0; i < 9; i++) await send(breaker);
    assert.equal(inner.sent.length, 9);
    await send(breaker);
    await send(breaker);
    assert.equal(inner.sent.length, 10);
  });

  it('counts what was given up neither as a failure nor as an answer', async () => {
    const inner = scripted((_batch, n) => {
      throw n === 2 ? failing('given_up') : busy();
    });
    const breaker = withBreaker(inner, HOUR, { random: () => 1 });
    for (let i = 0; i < 8; i++) await send(breaker);
    assert.equal(inner.sent.length, 6);
  });

  it('starts anew after an answer about the rows', async () => {
    const inner = scripted((_batch, n) => {
      throw n === 4 ? failing('rejected') : busy();
    });
    const breaker = withBreaker(inner, HOUR, { random: () => 1 });
    for (let i = 0; i < 12; i++) await send(breaker);
    assert.equal(inner.sent.length, 10);
  });

  it('lets one try through at a time once the wait is over', async () => {
    let answer: () => void = () => {};
    let isHanging = false;
    const inner = scripted(() => {
      throw busy();
    });
    const held = {
      ...inner,
      sent: inner.sent,
      async send(...args: Parameters<Scripted['send']>) {
        if (isHanging) await new Promise<void>((resolve) => (answer = resolve));
        return inner.send(...args);
      },
    };
    const breaker = withBreaker(held, HOUR, { callerWaits: true });
    for (let i = 0; i < 5; i++) await send(breaker);
    isHanging = true;
    const probe = send(breaker);
    await assert.rejects(breaker.send(batchOf('b'), OPTIONS), { isPaused: true, retryAfterMs: 0 });
    answer();
    await probe;
    assert.equal(inner.sent.length, 6);
    isHanging = false;
    await send(breaker);
    assert.equal(inner.sent.length, 7);
  });

  it('holds rows back at once where the key is refused and rows can wait for another one', async () => {
    for (const code of ['unauthorized', 'not_found'] as const) {
      const inner = failingTimes(1, () => failing(code));
      const breaker = withBreaker(inner, POLICY, { opensOnRefusedKey: true, random: () => 0 });
      await send(breaker);
      assert.equal(breaker.isRefused, true);
      await assert.rejects(breaker.send(batchOf('a'), OPTIONS), (error: SendError) => {
        const waitMs = error.retryAfterMs ?? 0;
        return error.isPaused && waitMs > 149_000 && waitMs <= 150_000;
      });
      assert.equal(inner.sent.length, 1);
      breaker.reset();
      assert.equal(breaker.isRefused, false);
      assert.equal(await send(breaker), undefined);
    }
  });

  it('takes a refused key for an answer where rows cannot wait', async () => {
    const inner = failingTimes(9, () => failing('unauthorized'));
    const breaker = withBreaker(inner, HOUR);
    for (let i = 0; i < 9; i++) await send(breaker);
    assert.equal(inner.sent.length, 9);
    assert.equal(breaker.isRefused, false);
    breaker.close();
    assert.equal(inner.isClosed, true);
  });
});

describe('isolation', () => {
  const refusing = (...bad: string[]) =>
    scripted(({ rows }) => {
      if (rows.some(({ inferenceId }) => bad.includes(inferenceId))) throw failing('rejected');
      return undefined;
    });

  for (const [bad, lost] of [
    [[], 0],
    [['a'], 1],
    [['c'], 1],
    [['e'], 1],
    [['a', 'b', 'e'], 3],
  ] as const) {
    it(`delivers all but the refused rows: ${bad.join(' ') || 'none'}`, async () => {
      const inner = refusing(...bad);
      const found = await withIsolation(inner).send(batchOf('a', 'b', 'c', 'd', 'e'), OPTIONS);
      assert.equal(found.delivered, 5 - lost);
      assert.deepEqual(found.lost, lost === 0 ? {} : { rejected: lost });
      assert.equal(found.error instanceof SendError, lost > 0);
      const alone = inner.sent.filter((ids) => ids.length === 1).flat();
      for (const id of bad) assert.ok(alone.includes(id));
    });
  }

  it('throws what is not about rows on', async () => {
    const inner = failingTimes(1, () => failing('unauthorized'));
    assert.equal(
      await codeOf(withIsolation(inner).send(batchOf('a', 'b'), OPTIONS)),
      'unauthorized',
    );
    assert.equal(inner.sent.length, 1);
  });

  it('counts a half that fails otherwise under its own reason, and sends the other one', async () => {
    const inner = scripted(({ rows }, n) => {
      if (n === 0) throw failing('too_large');
      if (rows[0]?.inferenceId === 'a') throw n === 1 ? failing('busy') : new Error('ours');
      return { delivered: 0, lost: { rejected: 1 }, spooled: 1, held: 2, quarantined: 3 };
    });
    assert.deepEqual(await withIsolation(inner).send(batchOf('a', 'b'), OPTIONS), {
      delivered: 0,
      lost: { busy: 1, rejected: 1 },
      spooled: 1,
      held: 2,
      quarantined: 3,
      error: failing('busy'),
    });
  });

  it('counts a failure of ours as one', async () => {
    const inner = scripted(({ rows }) => {
      if (rows.length > 1) throw failing('rejected');
      throw new Error('ours');
    });
    const found = await withIsolation(inner).send(batchOf('a', 'b'), OPTIONS);
    assert.deepEqual([found.delivered, found.lost], [0, { internal_error: 2 }]);
  });
});

describe('verification', () => {
  const NOBODY = { paceMs: 0, rowsThatMayHaveArrived: () => [] };

  /** A platform that has some rows, and notes which ones it is asked for. */
  function lookup(...has: string[]) {
    const asked: string[] = [];
    return {
      asked,
      has: async (id: string) => {
        asked.push(id);
        return has.includes(id);
      },
    };
  }

  it('asks for no row that cannot have arrived', async () => {
    const inner = scripted();
    const platform = lookup('a');
    const transport = withVerification(inner, platform.has, NOBODY);
    assert.deepEqual(await transport.send(batchOf('a', 'b'), OPTIONS), { delivered: 2, lost: {} });
    assert.deepEqual([platform.asked, inner.sent], [[], [['a', 'b']]]);
  });

  it('asks for rows that may have arrived, and sends those that did not', async () => {
    const inner = failingTimes(1, () => failing('busy', { isAmbiguous: true }));
    const platform = lookup('a', 'c');
    const transport = withVerification(inner, platform.has, NOBODY);
    const batch = batchOf('a', 'b', 'c');
    assert.equal(await codeOf(transport.send(batch, OPTIONS)), 'busy');
    assert.deepEqual(await transport.send(batch, OPTIONS), { delivered: 3, lost: {} });
    assert.deepEqual(platform.asked, ['a', 'b', 'c']);
    assert.deepEqual(inner.sent, [['a', 'b', 'c'], ['b']]);
  });

  it('sends nothing where all rows have arrived', async () => {
    const inner = failingTimes(1, () => new TypeError('no answer'));
    const transport = withVerification(inner, lookup('a').has, NOBODY);
    const batch = batchOf('a');
    await assert.rejects(transport.send(batch, OPTIONS));
    assert.deepEqual(await transport.send(batch, OPTIONS), { delivered: 1, lost: {} });
    assert.equal(inner.sent.length, 1);
  });

  it('asks for no row again that is known to have arrived, nor for one that was refused whole', async () => {
    const inner = scripted((_batch, n) => {
      if (n < 2) throw failing('busy', { isAmbiguous: n === 0 });
      return undefined;
    });
    const platform = lookup('a');
    const transport = withVerification(inner, platform.has, NOBODY);
    const batch = batchOf('a', 'b');
    await codeOf(transport.send(batch, OPTIONS));
    await codeOf(transport.send(batch, OPTIONS));
    assert.deepEqual(await transport.send(batch, OPTIONS), { delivered: 2, lost: {} });
    assert.deepEqual(platform.asked, ['a', 'b']);
    assert.deepEqual(inner.sent, [['a', 'b'], ['b'], ['b']]);
  });

  it('asks for rows that another process may have sent', async () => {
    const inner = scripted();
    const platform = lookup('a', 'b');
    const transport = withVerification(inner, platform.has, {
      paceMs: 0,
      rowsThatMayHaveArrived: (rows) => rows.filter(({ inferenceId }) => inferenceId === 'b'),
    });
    assert.deepEqual(await transport.send(batchOf('a', 'b'), OPTIONS), { delivered: 2, lost: {} });
    assert.deepEqual([platform.asked, inner.sent], [['b'], [['a']]]);
  });

  it('leaves a pause between two questions', async () => {
    const times: number[] = [];
    const transport = withVerification(
      scripted(),
      async () => {
        times.push(performance.now());
        return true;
      },
      { paceMs: 20, rowsThatMayHaveArrived: (rows) => rows },
    );
    await transport.send(batchOf('a', 'b', 'c'), OPTIONS);
    const [first = 0, , last = 0] = times;
    assert.ok(last - first >= 35, `asked for three rows within ${last - first} ms`);
  });

  it('asks without a pause where none is due', async () => {
    const transport = withVerification(scripted(), lookup('a').has, {
      paceMs: 60_000,
      rowsThatMayHaveArrived: (rows) => rows,
    });
    assert.deepEqual(await transport.send(batchOf('a'), OPTIONS), { delivered: 1, lost: {} });
  });
});

describe('trimming', () => {
  const rowWith = (value: unknown): Row => new QueuedRow('a', 'l', JSON.stringify(value));
  const valueIn = ({ bytes }: Row) => JSON.parse(new TextDecoder().decode(bytes));
  /** Takes no row of more bytes. */
  const limited = (maxBytes: number) =>
    scripted(({ rows }) => {
      const size = rows.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      if (size > maxBytes) throw failing('too_large');
      return undefined;
    });

  it('halves a row until it is taken, and no further', async () => {
    const inner = limited(10_000);
    const large = rowWith({ output: 'x'.repeat(30_000) });
    const batch = { layout: 'l', rows: [large] };
    assert.deepEqual(await withTrimming(inner).send(batch, OPTIONS), { delivered: 1, lost: {} });
    assert.equal(inner.sent.length, 2);
    assert.equal(batch.rows[0], large);
  });

  it('leaves several rows to be told apart first, and other refusals as they are', async () => {
    const large = rowWith({ output: 'x'.repeat(30_000) });
    const two = { layout: 'l', rows: [large, large] };
    assert.equal(await codeOf(withTrimming(limited(10)).send(two, OPTIONS)), 'too_large');
    const rejecting = failingTimes(9, () => failing('rejected'));
    const one = { layout: 'l', rows: [large] };
    assert.equal(await codeOf(withTrimming(rejecting).send(one, OPTIONS)), 'rejected');
    assert.equal(rejecting.sent.length, 1);
  });

  it('gives up on a row of less than 8 KiB: it is not its size', async () => {
    const small = limited(10);
    const batch = { layout: 'l', rows: [rowWith({ output: 'x'.repeat(8000) })] };
    assert.equal(await codeOf(withTrimming(small).send(batch, OPTIONS)), 'too_large');
    assert.equal(small.sent.length, 1);
    const larger = limited(10);
    const more = { layout: 'l', rows: [rowWith({ output: 'x'.repeat(9000) })] };
    assert.equal(await codeOf(withTrimming(larger).send(more, OPTIONS)), 'too_large');
    assert.equal(larger.sent.length, 2);
  });

  it('cuts texts and lists visibly, and keeps steps, numbers and keys', () => {
    const step = { startTime: 1, steps: [], output: 'o' };
    const value = {
      tokens: 7,
      output: 'x'.repeat(60_000),
      list: Array(20_000).fill(1),
      steps: Array(300).fill(step),
      none: null,
      flag: true,
    };
    const small = trimmed(rowWith(value), 50_000);
    assert.ok(small !== undefined && small.bytes.byteLength <= 50_000);
    const found = valueIn(small);
    assert.deepEqual([found.tokens, found.none, found.flag], [7, null, true]);
    assert.match(found.output, /^x+… \[cut: 60000 characters, too large for the platform\]$/);
    assert.equal(found.list.at(-1), '… [cut: 20000 items, too large for the platform]');
    assert.ok(found.list.length > 1000, `${found.list.length} items`);
    assert.ok(found.steps.every((each: object) => 'startTime' in each));
    assert.equal(trimmed(rowWith(value), 4095), undefined);
  });

  it('cuts nothing from a row that has just the size', () => {
    const fitting = rowWith({ output: 'x'.repeat(5000) });
    assert.equal(trimmed(fitting, fitting.byteLength)?.text, fitting.text);
    assert.notEqual(trimmed(fitting, fitting.byteLength - 1)?.text, fitting.text);
  });

  it('cuts lists of small items as short as the row has to be', () => {
    const list = Array(2000).fill({ page: 'p'.repeat(100) });
    const small = trimmed(rowWith({ list }), 4096);
    assert.ok(small !== undefined && small.bytes.byteLength <= 4096);
    assert.equal(valueIn(small).list.at(-1), '… [cut: 2000 items, too large for the platform]');
  });

  it('tells of the row that it was given whether it has arrived', async () => {
    const large = rowWith({ output: 'x'.repeat(30_000) });
    const inner = scripted(({ rows: [sent] }, n) => {
      if (sent !== undefined) sent.setArrival(n === 0 ? 'not_arrived' : 'unknown');
      throw n === 0 ? failing('too_large') : failing('busy');
    });
    await codeOf(withTrimming(inner).send({ layout: 'l', rows: [large] }, OPTIONS));
    assert.equal(large.arrival, 'unknown');
  });
});

describe('a transport with a spool', () => {
  /** Notes what happens to which rows. */
  function fakeSpool({ quarantines = true, mine = (id: string) => id !== '' } = {}) {
    const done: string[] = [];
    const note = (what: string) => (rows: readonly Row[]) => {
      done.push(`${what} ${rows.map(({ inferenceId }) => inferenceId).join(' ')}`);
    };
    const sending = new Set<readonly Row[]>();
    const spool: RowKeeper & SendLog = {
      addInFlight: (rows) => void sending.add(rows),
      removeInFlight: (rows) => void sending.delete(rows),
      finish: note('finish'),
      recordNotArrived: note('recordNotArrived'),
      keepAll(rows: readonly Row[], error: unknown) {
        note('keep')(rows);
        return { delivered: 0, lost: {}, spooled: rows.length, error };
      },
      async quarantine(one: Row) {
        note('quarantine')([one]);
        return quarantines;
      },
      beginSend: (rows: readonly Row[]) => rows.filter(({ inferenceId }) => mine(inferenceId)),
    };
    return { done, spool, sending };
  }

  it('knows what is being sent until it was, or has failed', async () => {
    for (const failures of [0, 1]) {
      const { spool, sending } = fakeSpool();
      const inner = failingTimes(failures, () => failing('rejected'));
      const found = withKeeping(inner, spool).send(batchOf('a', 'b'), OPTIONS);
      assert.equal(sending.size, 1);
      await Promise.allSettled([found]);
      assert.equal(sending.size, 0);
    }
  });

  it('forgets what was delivered', async () => {
    const { done, spool } = fakeSpool();
    const found = await withKeeping(scripted(), spool).send(batchOf('a', 'b'), OPTIONS);
    assert.deepEqual([found.delivered, done], [2, ['finish a b']]);
  });

  it('keeps what was not, without an error', async () => {
    for (const error of [failing('busy'), failing('unauthorized'), new Error('ours')]) {
      const { done, spool } = fakeSpool();
      const inner = failingTimes(1, () => error);
      const found = await withKeeping(inner, spool).send(batchOf('a', 'b'), OPTIONS);
      assert.deepEqual([found.spooled, found.error, done], [2, error, ['keep a b']]);
    }
  });

  it('has a refused batch told apart, and quarantines the refused row', async () => {
    const { done, spool } = fakeSpool();
    const refusing = () => failingTimes(1, () => failing('rejected'));
    assert.equal(
      await codeOf(withKeeping(refusing(), spool).send(batchOf('a', 'b'), OPTIONS)),
      'rejected',
    );
    assert.deepEqual(done, []);
    const found = await withKeeping(refusing(), spool).send(batchOf('a'), OPTIONS);
    assert.deepEqual([found.quarantined, found.delivered], [1, 0]);
    assert.deepEqual(done, ['quarantine a', 'finish a']);
  });

  it('keeps a refused row that cannot be quarantined', async () => {
    const { done, spool } = fakeSpool({ quarantines: false });
    const inner = failingTimes(1, () => failing('rejected'));
    const found = await withKeeping(inner, spool).send(batchOf('a'), OPTIONS);
    assert.deepEqual([found.spooled, done], [1, ['quarantine a', 'keep a']]);
  });

  it('quarantines all rows of a batch that is refused for good', async () => {
    for (const [quarantines, found, expected] of [
      [true, { quarantined: 2, spooled: 0 }, ['quarantine a', 'quarantine b', 'finish a b']],
      [false, { quarantined: 0, spooled: 2 }, ['quarantine a', 'quarantine b', 'keep a b']],
    ] as const) {
      const { done, spool } = fakeSpool({ quarantines });
      const error = new SendError('refused', 'no', { isFinal: true });
      const inner = failingTimes(1, () => error);
      const { quarantined, spooled = 0 } = await withKeeping(inner, spool).send(
        batchOf('a', 'b'),
        OPTIONS,
      );
      assert.deepEqual([{ quarantined, spooled }, done], [found, expected]);
    }
  });

  it('sends no row whose file another process has adopted', async () => {
    const { spool } = fakeSpool({ mine: (id) => id !== 'b' });
    const inner = scripted();
    assert.deepEqual(await withSendLog(inner, spool).send(batchOf('a', 'b'), OPTIONS), {
      delivered: 1,
      lost: { taken_over: 1 },
    });
    assert.deepEqual(await withSendLog(inner, spool).send(batchOf('b'), OPTIONS), {
      delivered: 0,
      lost: { taken_over: 1 },
    });
    assert.deepEqual(inner.sent, [['a']]);
    assert.deepEqual(await withSendLog(inner, spool).send(batchOf('a'), OPTIONS), {
      delivered: 1,
      lost: {},
    });
  });

  it('writes down that rows have not arrived where that is certain', async () => {
    for (const [error, noted] of [
      [failing('busy'), ['recordNotArrived a']],
      [failing('busy', { isAmbiguous: true }), []],
      [new Error('ours'), []],
    ] as const) {
      const { done, spool } = fakeSpool();
      const inner = failingTimes(1, () => error);
      await assert.rejects(withSendLog(inner, spool).send(batchOf('a'), OPTIONS));
      assert.deepEqual(done, noted);
    }
  });
});
