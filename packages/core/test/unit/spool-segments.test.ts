import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import { DiskSpool } from '../../src/spool/disk-spool.ts';
import { AdoptedSegments } from '../../src/spool/folder/adopted-segments.ts';
import { OwnSegments } from '../../src/spool/folder/own-segments.ts';
import { SpoolFolder } from '../../src/spool/folder/spool-folder.ts';
import { Segment } from '../../src/spool/segment/segment.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { useLaterClock } from '../later-clock.ts';

const rowOf = (id: string, chars = 1) =>
  new QueuedRow(id, '{}', `{"inferenceId":"${id}","output":"${'x'.repeat(chars)}"}`);

describe('the files of a spool', () => {
  let dir: string;
  const clock = useLaterClock();
  beforeEach(() => {
    clock.laterMs = 0;
    dir = mkdtempSync(join(tmpdir(), 'spool-segments-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** Files, and which of them were closed. */
  function countedFiles(faults: Partial<SpoolFiles> = {}) {
    const closed: number[] = [];
    const files: SpoolFiles = {
      ...nodeSpoolFiles,
      closeFile(file) {
        closed.push(file);
        nodeSpoolFiles.closeFile(file);
      },
      ...faults,
    };
    return { files, closed };
  }

  function segmentOn(files: SpoolFiles): Segment {
    const path = join(dir, 'a.wal');
    return new Segment(files, { id: 'a', path, file: files.create(path), createdMs: 0 });
  }

  const configOf = (maxBytes: number) =>
    ({ dir, maxBytes, maxAgeMs: 1e9, mode: 'wal', durability: 'process' }) as const;

  function ownOf(files: SpoolFiles, { maxBytes = 1e8, reasons = [] as string[] } = {}) {
    const ledger = new Ledger();
    const folder = new SpoolFolder({
      files,
      config: configOf(maxBytes),
      address: 'a pipeline',
      diagnostics: new Diagnostics({ onDiagnostic: ({ reason }) => reasons.push(reason) }),
    });
    const adopted = new AdoptedSegments(folder);
    const own = new OwnSegments({ folder, adopted, ledger, runDetached: (fn) => fn() });
    const names = () => readdirSync(folder.path).filter((name) => name.endsWith('.wal'));
    return { own, folder, names };
  }

  describe('a segment', () => {
    it('has rows to read that were written after all others were finished', async () => {
      let reads = 0;
      const segment = segmentOn({
        ...nodeSpoolFiles,
        read(...args) {
          reads++;
          return nodeSpoolFiles.read(...args);
        },
      });
      const first = segment.appendNewRow(rowOf('a'));
      segment.finishTraces([first]);
      assert.deepEqual((await segment.readSpooled(1000)).rows, []);
      assert.equal(reads, 0);
      segment.setSpooled(segment.appendNewRow(rowOf('b')), false);
      const { rows } = await segment.readSpooled(1000);
      assert.deepEqual(
        rows.map(({ inferenceId }) => inferenceId),
        ['b'],
      );
      segment.close();
    });

    it('closes its file once, and not while it is read', async () => {
      const { files, closed } = countedFiles();
      const segment = segmentOn(files);
      segment.setSpooled(segment.appendNewRow(rowOf('a')), false);
      const reading = segment.readSpooled(1000);
      segment.close();
      segment.close();
      assert.deepEqual(closed, []);
      assert.deepEqual(await reading, { rows: [], damaged: 0 });
      assert.deepEqual(closed, [segment.file]);
    });

    it('returns no row if it was closed while a long one was read', async () => {
      let reads = 0;
      const segment: Segment = segmentOn({
        ...nodeSpoolFiles,
        async read(file, target, position) {
          const read = await nodeSpoolFiles.read(file, target, position);
          if (++reads === 3) segment.close();
          return read;
        },
      });
      const number = segment.appendNewRow(rowOf('a', 5000));
      segment.setSpooled(number, false);
      assert.deepEqual(await segment.readSpooled(100), { rows: [], damaged: 0 });
      // Its row is not lost, but counted by whoever adopted the file.
      assert.deepEqual([reads, segment.spooledRows], [3, 1]);
    });

    it('has no part of a frame of which the disk had room for a part only', () => {
      let isFull = false;
      const segment = segmentOn({
        ...nodeSpoolFiles,
        append: (file, bytes, length) =>
          nodeSpoolFiles.append(file, bytes, isFull ? length >> 1 : length),
      });
      segment.appendNewRow(rowOf('a'));
      const { bytes } = segment;
      isFull = true;
      assert.throws(() => segment.appendNewRow(rowOf('b')), /the disk is full/);
      assert.deepEqual([segment.bytes, nodeSpoolFiles.sizeOf(segment.file)], [bytes, bytes]);
      segment.close();
    });

    it('leaves the file alone if nothing of a frame was written', () => {
      let truncated = 0;
      let isBroken = false;
      const segment = segmentOn({
        ...nodeSpoolFiles,
        truncate(file, length) {
          truncated++;
          nodeSpoolFiles.truncate(file, length);
        },
        append(file, bytes, length) {
          if (isBroken) throw new Error('the disk is broken');
          return nodeSpoolFiles.append(file, bytes, length);
        },
      });
      segment.appendNewRow(rowOf('a'));
      isBroken = true;
      assert.throws(() => segment.appendNewRow(rowOf('b')), /broken/);
      assert.equal(truncated, 0);
      segment.close();
    });
  });

  describe('own segments', () => {
    it('leave a disk alone for a second after it failed, and go on in another file', () => {
      let writes = 0;
      let isBroken = true;
      const { own, names } = ownOf({
        ...nodeSpoolFiles,
        append(file, bytes, length) {
          writes++;
          if (isBroken) throw new Error('the disk is broken');
          return nodeSpoolFiles.append(file, bytes, length);
        },
      });
      assert.equal(own.append(undefined, rowOf('a')), undefined);
      isBroken = false;
      clock.laterMs = 900;
      assert.deepEqual(
        [own.append(undefined, rowOf('b')), own.addStart('{}'), writes],
        [undefined, undefined, 1],
      );
      clock.laterMs = 1100;
      const position = own.append(undefined, rowOf('c'));
      assert.deepEqual([position?.number, writes, names().length], [0, 2, 2]);
      own.release();
    });

    it('are deleted when all their traces are finished: the newest after some seconds', () => {
      const { own, names } = ownOf(nodeSpoolFiles);
      const position = own.append(undefined, rowOf('a'));
      assert.ok(position);
      position.segment.finishTraces([position.number]);
      own.maintain({ renewsLease: false });
      assert.equal(names().length, 1);
      own.maintain({ renewsLease: true });
      assert.deepEqual([names(), own.isEmpty], [[], true]);
      assert.notEqual(own.append(undefined, rowOf('b'))?.segment, position.segment);
      own.release();
    });

    it('are written again when they were deleted, and later traces go to another', () => {
      const reasons: string[] = [];
      const { own, folder, names } = ownOf(nodeSpoolFiles, { reasons });
      const first = own.append(undefined, rowOf('a'));
      assert.ok(first);
      const before = nodeSpoolFiles.sizeOf(first.segment.file);
      unlinkSync(first.segment.path);
      own.maintain({ renewsLease: false });
      const found = nodeSpoolFiles.stat(first.segment.path);
      assert.deepEqual([reasons, found?.bytes], [['spool_deleted'], before]);
      assert.deepEqual([first.segment.mayHaveArrived, first.segment.isLinked], [true, true]);
      const second = own.append(undefined, rowOf('b'));
      assert.deepEqual([second?.segment.mayHaveArrived, names().length], [false, 2]);
      assert.equal(folder.failures, 0);
      own.release();
    });

    it('make room by deleting their oldest, also after the end of the turn could not be waited for', () => {
      let isBroken = true;
      const { own } = ownOf(
        {
          ...nodeSpoolFiles,
          atTurnEnd() {
            if (isBroken) throw new Error('there are no timers');
          },
        },
        { maxBytes: 8 * 16_384 },
      );
      for (let i = 0; i < 40; i++) {
        const position = own.append(undefined, rowOf(`${i}`, 10_000));
        position?.segment.setQueued(position.number);
        // After a failure, the disk is left alone for a second.
        if (position !== undefined) continue;
        isBroken = false;
        clock.laterMs += 1100;
      }
      assert.ok(own.bytes <= 9 * 16_384, `${own.bytes} bytes`);
      own.release();
    });
  });

  it('are looked up again, row by row, once they were deleted by others', () => {
    const spool = new DiskSpool({
      config: configOf(1e8),
      files: nodeSpoolFiles,
      address: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
      ledger: new Ledger(),
      redactor: new Redactor(),
      runDetached: (fn) => fn(),
    });
    const own = ownOf(nodeSpoolFiles).own;
    const [deleted, other] = [rowOf('a'), rowOf('b')];
    for (const row of [deleted, other]) {
      own.sealNewest();
      row.setPosition(own.append(undefined, row));
    }
    assert.deepEqual(spool.rowsThatMayHaveArrived([deleted, other, rowOf('c')]), []);
    const [oldest] = own;
    assert.ok(oldest);
    unlinkSync(oldest.path);
    assert.deepEqual(spool.rowsThatMayHaveArrived([deleted, other, rowOf('c')]), [deleted]);
    // A closed file was left to another process, which looks its rows up itself.
    oldest.close();
    assert.deepEqual(spool.rowsThatMayHaveArrived([deleted, other]), []);
    own.release();
    spool.release();
  });
});
