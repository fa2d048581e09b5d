import assert from 'node:assert/strict';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import { SlowDisk } from '../../src/spool/folder/slow-disk.ts';
import { interruptedRow } from '../../src/spool/segment/interrupted-row.ts';
import { UnwrittenRows } from '../../src/spool/unwritten-rows.ts';
import { useLaterClock } from '../later-clock.ts';

const MIB = 1024 * 1024;
const rowOf = (bytes: number) => new QueuedRow('a', '{}', new Uint8Array(bytes));

describe('rows in memory in place of a disk', () => {
  it('have 8 MiB together, or are one that is larger', () => {
    const memory = new UnwrittenRows();
    assert.equal(memory.hasRoomFor(rowOf(9 * MIB)), true);
    memory.put(rowOf(8 * MIB - 10));
    assert.deepEqual([memory.hasRoomFor(rowOf(10)), memory.hasRoomFor(rowOf(11))], [true, false]);
    assert.equal(memory.lend().length, 1);
    assert.deepEqual([memory.bytes, memory.lend()], [0, []]);
  });

  it('are lent a hundred at a time, the oldest first, and remembered until the next ones are', () => {
    const memory = new UnwrittenRows();
    for (let i = 0; i < 101; i++) memory.put(rowOf(i));
    const first = memory.lend();
    assert.deepEqual([first.length, first[0]?.byteLength, memory.bytes], [100, 0, 100]);
    assert.equal(memory.lend()[0]?.byteLength, 100);
    memory.put(rowOf(7));
    const all = memory.takeAll().map(({ byteLength }) => byteLength);
    assert.deepEqual([all, memory.bytes, memory.takeAll()], [[100, 7], 0, []]);
  });
});

describe('a disk', () => {
  const clock = useLaterClock();

  /** Adds a window of writes, each second; the times are those of slow ones. */
  function diskWith(...windows: readonly { slow: readonly number[]; fast: number }[]) {
    const reasons: string[] = [];
    const onDiagnostic = ({ reason }: { reason: string }) => reasons.push(reason);
    const disk = new SlowDisk(new Diagnostics({ onDiagnostic }));
    let now = performance.now() + 2000;
    disk.addWrite(0, now);
    for (const { slow, fast } of windows) {
      for (let i = 0; i < fast; i++) disk.addWrite(5, now + 1);
      for (const [i, ms] of slow.entries()) {
        // The last write ends the window.
        disk.addWrite(ms, now + (i === slow.length - 1 ? 1001 : 1));
      }
      now += 1001;
    }
    clock.laterMs = now - performance.now() + clock.laterMs;
    return { disk, reasons };
  }

  const BAD = { slow: [50, 51], fast: 18 };

  it('is slow after two seconds in which a tenth of the writes take more than 100 ms', () => {
    const { disk, reasons } = diskWith(BAD, BAD);
    assert.deepEqual([disk.isSlow, reasons], [true, ['spool_slow']]);
    clock.laterMs += 60_001;
    assert.equal(disk.isSlow, false);
  });

  for (const [what, windows] of Object.entries({
    'one such second': [BAD],
    'a good second between two': [BAD, { slow: [0], fast: 1 }, BAD],
    'slow writes of 100 ms': [
      { slow: [50, 50], fast: 18 },
      { slow: [50, 50], fast: 18 },
    ],
    'fewer slow writes than a tenth': [
      { slow: [50, 51], fast: 19 },
      { slow: [50, 51], fast: 19 },
    ],
  })) {
    it(`is not slow after ${what}`, () => {
      const { disk, reasons } = diskWith(...windows);
      assert.deepEqual([disk.isSlow, reasons], [false, []]);
    });
  }
});

describe('the row of an interrupted trace', () => {
  const START = { inferenceId: 'req-1', startedAt: 1_700_000_000_000, name: 'GET /' };
  const rowFor = (start: object | null) =>
    interruptedRow(JSON.stringify(start), START.startedAt + 250.4, { number: 0 });
  const valueFor = (start: object) => JSON.parse(rowFor(start)?.text ?? 'null');

  it('has the facts of its start', () => {
    const rootId = '0123456789abcdef';
    const { steps, ...row } = valueFor({ ...START, rootId });
    assert.deepEqual([row.inferenceId, row.latency, row.output], ['req-1', 250, null]);
    assert.deepEqual(
      [steps[0].id, steps[0].name, steps[0].endTime - steps[0].startTime],
      [rootId, 'GET /', 250],
    );
  });

  it('has the ids that its trace shares with other services, in row and step', () => {
    const otel = { span_id: '0123456789abcdef', kind: 'server', links: [{ a: 1 }] };
    const start = { ...START, rootId: '0123456789abcdef', traceId: 'ab'.repeat(16), otel };
    const metadata =
      '{"http":{"outcome":"interrupted"},"trace_id":"abababababababababababababababab","otel":{"span_id":"0123456789abcdef","kind":"server","links":[{"a":1}]},"error":"the process ended before the trace did","latencyIsLowerBound":true}';
    assert.equal(
      rowFor({ ...start, startedAt: 1_700_000_000_120 })?.text,
      `{"inferenceTimestamp":1700000000.12,"inferenceId":"req-1","trace_id":"abababababababababababababababab","output":null,"latency":130,"cost":null,"tokens":null,"metadata":${metadata},"steps":[{"name":"GET /","id":"0123456789abcdef","type":"user_call","inputs":null,"output":null,"groundTruth":null,"metadata":${metadata},"steps":[],"latency":130,"startTime":1700000000120,"endTime":1700000000250}]}`,
    );
  });

  it('has an id of its root of its own, if its start has none', () => {
    assert.match(valueFor(START).steps[0].id, /^[0-9a-f-]{36}$/);
    assert.match(valueFor({ ...START, rootId: 7 }).steps[0].id, /^[0-9a-f-]{36}$/);
  });

  for (const name of Object.keys(START)) {
    it(`is none if its start has no ${name}`, () => {
      assert.equal(rowFor({ ...START, [name]: undefined }), undefined);
      assert.equal(rowFor({ ...START, [name]: {} }), undefined);
    });
  }

  it('is none if its start is no object', () => assert.equal(rowFor(null), undefined));
});
