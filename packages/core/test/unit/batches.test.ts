import assert from 'node:assert/strict';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import {
  checkedDelivery,
  countDelivery,
  reportUndelivered,
  shutDownDelivery,
} from '../../src/publish/counts/delivery.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { SendTimes } from '../../src/publish/counts/send-times.ts';
import { batchesOf, OpenBatches } from '../../src/publish/queue/open-batches.ts';
import { type Row, row } from './transports.ts';

const LIMITS = { maxBatchRows: 3, maxBatchBytes: 10 };

function openBatches() {
  const full: string[] = [];
  const open = new OpenBatches(LIMITS, ({ layout, rows }) => {
    full.push(`${layout}: ${rows.map(({ inferenceId }) => inferenceId).join(' ')}`);
  });
  return { open, full };
}

describe('rows that wait for their batch', () => {
  it('are sealed with the last row that a batch takes', () => {
    const { open, full } = openBatches();
    open.add(row('a'));
    open.add(row('b'));
    assert.deepEqual([full, open.isEmpty], [[], false]);
    open.add(row('c'));
    assert.deepEqual([full, open.isEmpty], [['l: a b c'], true]);
  });

  it('are sealed with the bytes that fill a batch, and before those that do not fit', () => {
    const { open, full } = openBatches();
    open.add(row('a', { bytes: 4 }));
    open.add(row('b', { bytes: 6 }));
    assert.deepEqual(full, ['l: a b']);
    open.add(row('c', { bytes: 5 }));
    open.add(row('d', { bytes: 6 }));
    assert.deepEqual(full, ['l: a b', 'l: c']);
    open.add(row('e', { bytes: 11 }));
    assert.deepEqual(full, ['l: a b', 'l: c', 'l: d', 'l: e']);
    open.add(row('f', { bytes: 9 }));
    assert.equal(full.length, 4);
  });

  it('are apart by their layout, and from a row of the same id', () => {
    const { open, full } = openBatches();
    open.add(row('a'));
    open.add(row('a', { layout: 'm' }));
    assert.deepEqual(full, []);
    open.add(row('a'));
    assert.deepEqual(full, ['l: a']);
    assert.deepEqual([...open.rows()].map(({ layout }) => layout).sort(), ['l', 'm']);
    open.sealAll();
    assert.deepEqual(full.slice(1).sort(), ['l: a', 'm: a']);
    assert.deepEqual([[...open.rows()], open.isEmpty], [[], true]);
  });
});

describe('rows that are read back from disk', () => {
  const batches = (rows: readonly Row[], limits = { maxBatchRows: 2, maxBatchBytes: 10 }) =>
    batchesOf(rows, limits).map(
      ({ layout, rows }) => `${layout}: ${rows.map(({ inferenceId }) => inferenceId).join(' ')}`,
    );

  it('go in batches of one layout, none twice, in the order in which they came', () => {
    assert.deepEqual(batches([]), []);
    assert.deepEqual(batches([row('a'), row('b'), row('c')]), ['l: a b', 'l: c']);
    assert.deepEqual(batches([row('a'), row('a')]), ['l: a', 'l: a']);
    const mixed = [row('a'), row('b', { layout: 'm' }), row('c'), row('d')];
    assert.deepEqual(batches(mixed), ['l: a c', 'm: b', 'l: d']);
  });

  it('go in batches of limited bytes', () => {
    const rows = (...sizes: number[]) => sizes.map((bytes, i) => row(`${i}`, { bytes }));
    assert.deepEqual(batches(rows(5, 5)), ['l: 0 1']);
    assert.deepEqual(batches(rows(5, 6)), ['l: 0', 'l: 1']);
    assert.deepEqual(batches(rows(11, 11)), ['l: 0', 'l: 1']);
  });
});

describe('the account of a batch', () => {
  it('is refused where it is not of all rows', () => {
    const whole = {
      delivered: 1,
      lost: { rejected: 1, busy: 2 },
      spooled: 1,
      held: 1,
      quarantined: 1,
    };
    assert.equal(checkedDelivery(whole, 7), whole);
    for (const total of [6, 8]) assert.throws(() => checkedDelivery(whole, total), TypeError);
    assert.throws(() => checkedDelivery({ delivered: 3, lost: { rejected: -1 } }, 2), TypeError);
    assert.throws(() => checkedDelivery({ delivered: Number.NaN, lost: {} }, 1), TypeError);
  });

  it('calls what a publisher gave up that ends `shut_down`', () => {
    const lost = { delivered: 1, lost: { busy: 1 } };
    assert.equal(shutDownDelivery(lost), lost);
    assert.deepEqual(shutDownDelivery({ delivered: 1, lost: { given_up: 2, busy: 1 } }).lost, {
      busy: 1,
      shut_down: 2,
    });
    assert.deepEqual(shutDownDelivery({ delivered: 0, lost: { given_up: 2, shut_down: 1 } }).lost, {
      shut_down: 3,
    });
  });

  it('moves each row from the queue to where it is, and says what is not delivered', () => {
    const said: string[] = [];
    const diagnostics = new Diagnostics({
      onDiagnostic: ({ level, reason, message }) => said.push(`${level} ${reason}: ${message}`),
    });
    const ledger = new Ledger();
    const rows = 'abcdefgh'.split('').map((id) => row(id, { bytes: 10 }));
    for (let i = 0; i < 10; i++) ledger.queue(10);
    const delivery = {
      delivered: 1,
      spooled: 2,
      held: 1,
      quarantined: 1,
      lost: { busy: 1, refused: 2 },
    };
    countDelivery(ledger, 'queued', rows, delivery);
    reportUndelivered(delivery, diagnostics);
    const { published, queued, queuedBytes, spooled, quarantined, dropped } = ledger;
    assert.deepEqual(
      { published, queued, queuedBytes, spooled, quarantined, dropped },
      {
        published: 1,
        queued: 3,
        queuedBytes: 20,
        spooled: 2,
        quarantined: 1,
        dropped: { busy: 1, refused: 2 },
      },
    );
    assert.deepEqual(said.map((each) => each.split(':')[0]).sort(), [
      'error lost_busy',
      'error lost_refused',
      'error quarantined',
      'warn publish_spooled',
    ]);
    assert.ok(said.some((each) => each.includes('1 row could not be published and is lost')));
    assert.ok(said.some((each) => each.includes('2 rows could not be published and are lost')));
  });

  it('says nothing of rows that were delivered', () => {
    const said: unknown[] = [];
    const diagnostics = new Diagnostics({ onDiagnostic: (each) => said.push(each) });
    reportUndelivered({ delivered: 1, lost: {} }, diagnostics);
    assert.deepEqual(said, []);
  });

  it('moves rows of the disk as well, whose bytes are in no queue: those that only memory has are queued', () => {
    const ledger = new Ledger();
    ledger.spool(3);
    ledger.queue(7);
    countDelivery(ledger, 'spooled', [row('a'), row('b')], { delivered: 1, lost: {}, held: 1 });
    assert.deepEqual(
      [ledger.published, ledger.spooled, ledger.queued, ledger.queuedBytes],
      [1, 1, 2, 7],
    );
  });

  it('counts rows that the quarantine deleted before their batch was counted', () => {
    const ledger = new Ledger();
    ledger.queue(7);
    ledger.queue(8);
    ledger.dropQuarantined(1);
    assert.deepEqual([ledger.quarantined, ledger.dropped], [0, {}]);
    const batch = [row('a', { bytes: 7 }), row('b', { bytes: 8 })];
    ledger.move('queued', batch, { delivered: 0, quarantined: 2, lost: {} });
    assert.deepEqual([ledger.quarantined, ledger.dropped], [1, { spool_full: 1 }]);
    ledger.move('queued', [], { delivered: 0, lost: {} });
    assert.deepEqual([ledger.quarantined, ledger.dropped], [1, { spool_full: 1 }]);
  });

  it('sums what was dropped by its reason, and lists no reason without rows', () => {
    const ledger = new Ledger();
    ledger.drop('busy', 1);
    ledger.drop('busy', 2);
    ledger.drop('refused', 0);
    assert.deepEqual(ledger.dropped, { busy: 3 });
  });
});

describe('times of deliveries', () => {
  it('are counted below each bound that they are within', () => {
    const times = new SendTimes();
    for (const ms of [5, 5.1, 30_000, 30_001]) times.add(ms);
    assert.deepEqual([times.count, times.sumMs], [4, 60_011.1]);
    assert.deepEqual(times.cumulative, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
  });
});
