import assert from 'node:assert/strict';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import type { RowDelivery } from '../../src/publish/transport/row-transport.ts';
import { SendError } from '../../src/publish/transport/send-error.ts';
import { Replay, type WaitingRows } from '../../src/spool/sending/replay.ts';
import { type Row, row, type Scripted, scripted } from './transports.ts';

const POLICY = { baseMs: 1, capMs: 1, maxElapsedMs: 1 };

/** A spool that gives out the rows of one segment after the other. */
function replayOf(
  segments: readonly (readonly Row[])[],
  transport: Scripted,
  {
    isFromMemory = false,
    maxBatchRows = 2,
    maxBatchBytes = 100,
    random = (() => 0) as (() => number) | undefined,
  } = {},
) {
  const ledger = new Ledger();
  const waiting = segments.map((rows) => [...rows]);
  const count = segments.flat().length;
  if (isFromMemory) {
    for (const { byteLength } of segments.flat()) ledger.queue(byteLength);
  } else {
    ledger.spool(count);
  }
  const kept: string[] = [];
  const log: WaitingRows = {
    next: async () => {
      const rows = waiting.shift();
      return rows === undefined ? undefined : { rows, ledger, isFromMemory };
    },
    keepAll(rows: readonly Row[], error: unknown): RowDelivery {
      kept.push(rows.map(({ inferenceId }) => inferenceId).join(' '));
      return { delivered: 0, lost: {}, spooled: rows.length, error };
    },
  };
  const failures: unknown[] = [];
  const reasons: string[] = [];
  const diagnostics = new Diagnostics({
    onDiagnostic({ reason, error }) {
      reasons.push(reason);
      if (reason === 'internal_error') failures.push(error);
    },
  });
  /** How often a timer was started. */
  const timers = { count: 0 };
  const replay = new Replay(log, {
    transport,
    policy: POLICY,
    limits: { maxBatchRows, maxBatchBytes },
    random,
    runDetached(fn) {
      timers.count++;
      fn();
    },
    diagnostics,
  });
  return { replay, timers, ledger, kept, failures, reasons };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 500) throw new Error('not within a second');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('a replay', () => {
  it('sends what is on disk, one batch after the other, and then has nothing to do', async () => {
    const transport = scripted();
    const { replay, ledger, kept } = replayOf(
      [[row('a'), row('b'), row('c')], [row('d')]],
      transport,
    );
    assert.equal(replay.isIdle, false);
    await until(() => replay.isIdle);
    assert.deepEqual(transport.sent, [['a', 'b'], ['c'], ['d']]);
    assert.deepEqual([ledger.published, ledger.spooled, ledger.queued], [4, 0, 0]);
    assert.deepEqual([replay.failures, kept], [0, []]);
    await replay.stop();
  });

  it('sends no more bytes at once than a batch may have, but at least one row', async () => {
    const transport = scripted();
    const rows = [4, 6, 1, 11, 9].map((bytes, i) => row(`${i}`, { bytes }));
    const { replay } = replayOf([rows], transport, { maxBatchRows: 5, maxBatchBytes: 10 });
    await until(() => replay.isIdle);
    assert.deepEqual(transport.sent, [['0', '1'], ['2'], ['3'], ['4']]);
    await replay.stop();
  });

  it('begins at a time of its own choice', async () => {
    const transport = scripted();
    const { replay } = replayOf([[row('a')]], transport, { random: undefined });
    await until(() => replay.isIdle);
    assert.deepEqual(transport.sent, [['a']]);
    await replay.stop();
  });

  it('takes rows that only memory had out of the queue', async () => {
    const { replay, ledger } = replayOf([[row('a', { bytes: 7 })]], scripted(), {
      isFromMemory: true,
    });
    await until(() => replay.isIdle);
    assert.deepEqual([ledger.published, ledger.queued, ledger.queuedBytes], [1, 0, 0]);
    await replay.stop();
  });

  it('keeps what is not delivered, and does not try what stands behind it', async () => {
    const transport = scripted(() => {
      throw new SendError('busy', 'busy', { retryAfterMs: 60_000 });
    });
    const { replay, ledger, kept } = replayOf([[row('a'), row('b'), row('c')]], transport);
    await until(() => replay.failures === 1);
    assert.deepEqual([transport.sent, kept], [[['a', 'b']], ['a b', 'c']]);
    assert.deepEqual([ledger.published, ledger.spooled], [0, 3]);
    await replay.stop();
    assert.equal(transport.sent.length, 1);
  });

  it('counts each row once where a transport does not account for all of them', async () => {
    const transport = scripted(() => ({ delivered: 1, lost: {} }));
    const { replay, ledger, reasons } = replayOf([[row('a'), row('b')]], transport);
    await until(() => replay.isIdle);
    assert.deepEqual([ledger.published, ledger.spooled], [0, 0]);
    assert.deepEqual([ledger.dropped, reasons], [{ internal_error: 2 }, ['lost_internal_error']]);
    await replay.stop();
  });

  it('goes on after a failure, and counts failures in a row', async () => {
    const transport = scripted((_batch, n) => {
      if (n < 2) throw new SendError('busy', 'busy');
      return undefined;
    });
    const { replay } = replayOf([[row('a')], [row('b')], [row('c')]], transport);
    await until(() => replay.isIdle);
    assert.deepEqual(transport.sent, [['a'], ['b'], ['c']]);
    assert.equal(replay.failures, 0);
    await replay.stop();
  });

  for (const [what, delivery, failures, counts] of [
    ['that were dropped', { delivered: 0, lost: { busy: 1 } }, 0, [0, 0, 0, 1, 0]],
    ['that were quarantined', { delivered: 0, lost: {}, quarantined: 1 }, 0, [0, 0, 1, 0, 0]],
    ['that are on disk again', { delivered: 0, lost: {}, spooled: 1 }, 1, [0, 1, 0, 0, 0]],
    ['that only memory has', { delivered: 0, lost: {}, held: 1 }, 1, [0, 0, 0, 0, 1]],
  ] as const) {
    it(`waits only for rows that are to be sent again: ${failures === 1} for rows ${what}`, async () => {
      const transport = scripted((_batch, n) => (n === 0 ? delivery : undefined));
      const { replay, ledger } = replayOf([[row('a')]], transport);
      await until(() => transport.sent.length === 1 && (failures === 1 || replay.isIdle));
      await until(() => replay.failures === failures || replay.isIdle);
      const dropped = Object.values(ledger.dropped).reduce((a, b) => a + b, 0);
      const { published, spooled, quarantined, queued } = ledger;
      assert.deepEqual([published, spooled, quarantined, dropped, queued], counts);
      await replay.stop();
    });
  }

  it('says when it failed itself, and looks again', async () => {
    const transport = scripted(() => {
      throw new Error('ours');
    });
    const { replay, failures, kept } = replayOf([[row('a')]], transport);
    await until(() => kept.length === 1);
    assert.deepEqual(failures, []);
    await replay.stop();
  });

  it('sends nothing once it was stopped', async () => {
    const transport = scripted();
    const { replay } = replayOf([[row('a')]], transport);
    await replay.stop();
    replay.wakeSoon();
    replay.retryNow();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(transport.sent, []);
  });

  it('keeps what it has not sent yet when it is stopped', async () => {
    let stopped: Promise<void> | undefined;
    const transport = scripted(() => {
      stopped = replay.stop();
      return undefined;
    });
    const { replay, ledger, kept } = replayOf([[row('a'), row('b'), row('c')]], transport);
    await until(() => stopped !== undefined);
    await stopped;
    assert.deepEqual([transport.sent, kept], [[['a', 'b']], ['c']]);
    assert.deepEqual([ledger.published, ledger.spooled], [2, 1]);
    assert.equal(replay.isStopped, true);
  });

  it('sends what it has found when it is retired, and does not look for more', async () => {
    const looksOf = async (isRetired: boolean) => {
      const transport = scripted();
      const { replay, timers } = replayOf([[row('a')], [row('b')]], transport);
      if (isRetired) replay.retire();
      await until(() => replay.isIdle);
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(transport.sent, [['a'], ['b']]);
      await replay.stop();
      return timers.count;
    };
    assert.deepEqual([await looksOf(true), await looksOf(false)], [3, 4]);
  });

  it('does not wait any longer once what kept rows back is over', async () => {
    const transport = scripted((_batch, n) => {
      if (n === 0) throw new SendError('busy', 'busy', { retryAfterMs: 60_000 });
      return undefined;
    });
    const { replay } = replayOf([[row('a')], [row('b')]], transport);
    await until(() => replay.failures === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(transport.sent.length, 1);
    replay.retryNow();
    await until(() => transport.sent.length === 2);
    await replay.stop();
  });
});
