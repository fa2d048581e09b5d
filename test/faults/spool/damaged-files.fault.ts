/** What the format of the spool withstands. Its functions are internal: no file of a user's can be damaged so often. */

import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Transport } from '@openlayer-tracing/core';
import { quickTracer, until } from '../publishing/support.ts';
import { NOWHERE, seeded, temporaryFolder } from './support.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const FLIPS = Number(process.env.FLIPS ?? 10_000);

interface Row {
  readonly inferenceId: string;
  readonly layout: string;
  readonly bytes: Uint8Array;
}
interface Segment {
  addStart(text: string): number;
  writeStarts(): void;
  appendRow(number: number, row: Row): void;
  readSpooled(maxBytes: number): Promise<{ rows: readonly Row[] }>;
  setUnreadable(number: number): void;
  close(): void;
}

const dist = join(
  dirname(createRequire(import.meta.url).resolve('@openlayer-tracing/core/package.json')),
  'dist',
);
const { nodeSpoolFiles } = await import(join(dist, 'platform/node/spool-files.js'));
const { Segment: SegmentClass } = await import(join(dist, 'spool/segment/segment.js'));
const { writeHeader, HEADER_BYTES } = await import(join(dist, 'spool/segment/frame.js'));
const { recover } = await import(join(dist, 'spool/segment/recover.js'));
const { QueuedRow } = await import(join(dist, 'publish/row/queued-row.js'));

const rowOf = (i: number): Row =>
  new QueuedRow(
    `row-${i}`,
    '{"outputColumnName":"output"}',
    JSON.stringify({ n: i, text: 'ä€😀'.repeat(i % 17) }),
  );

/** A file of starts and rows, and where each frame ends. */
function written(folder: string, rows: number): { path: string; ends: number[]; bytes: Buffer } {
  const path = join(folder, 'segment.wal');
  closeSync(openSync(path, 'w'));
  const facts = { id: 'a', path, file: nodeSpoolFiles.open(path), createdMs: 0 };
  const segment: Segment & { bytes: number } = new SegmentClass(nodeSpoolFiles, facts);
  const ends: number[] = [];
  for (let i = 0; i < rows; i++) {
    segment.addStart(`{"n":${i}}`);
    segment.writeStarts();
    segment.appendRow(i, rowOf(i));
    ends.push(segment.bytes);
  }
  segment.close();
  return { path, ends, bytes: readFileSync(path) };
}

/** The numbers of the rows that a damaged file still gives, as often as it gives them. */
async function recovered(path: string): Promise<number[]> {
  const found = await recover(nodeSpoolFiles, path, { id: 'a', createdMs: 0 });
  const segment = found.segment as Segment;
  const numbers: number[] = [];
  for (;;) {
    const { rows } = await segment.readSpooled(1 << 20);
    for (const row of rows) {
      const { position } = row as Row & { position: { number: number } };
      segment.setUnreadable(position.number);
      const expected = rowOf(position.number);
      assert.equal(row.inferenceId, expected.inferenceId, 'an invented row');
      assert.deepEqual(Buffer.from(row.bytes), Buffer.from(expected.bytes));
      numbers.push(position.number);
    }
    if (rows.length === 0) break;
  }
  segment.close();
  return numbers;
}

/** Frames that nobody of ours has written, each of them whole. */
const ODD: readonly [kind: number, number: number, payload: string][] = [
  [1, 20, 'null'],
  [1, 21, 'no JSON'],
  [1, 22, '{"__proto__":{"inferenceId":"x"},"startedAt":0}'],
  [1, 23, '[]'],
  [1, 0xffff_ffff, '{}'],
  [2, 24, 'no line break'],
  [2, 25, ''],
  [2, 0xffff_ffff, 'id\n{}\n{}'],
  [3, 0, 'no JSON'],
  [3, 0, '{"a":1}'],
  [4, 0, '[[0]]'],
  [4, 0, '[null]'],
  [3, 0, '[[0,1e308]]'],
  [5, 0, '[[-1e308,-1]]'],
  [5, 0, '[[0.5,3.5]]'],
  [5, 0, '[["0","9"]]'],
  [5, 0, ''],
  [99, 0, '[[0,9]]'],
];

function frame(kind: number, number: number, payload: string): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), Buffer.from(payload)]);
  const length = bytes.byteLength - HEADER_BYTES;
  return bytes.subarray(0, writeHeader(bytes, kind, number, length, nodeSpoolFiles.checksum));
}

describe('the format of the spool', function () {
  this.timeout(300_000);

  it('returns every whole frame of a file that is cut at any byte of its last frames', async () => {
    using folder = temporaryFolder();
    mkdirSync(folder.path, { recursive: true });
    const { path, ends, bytes } = written(folder.path, 6);
    for (let length = ends[3] as number; length <= bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      assert.deepEqual(
        await recovered(path),
        Array.from({ length: whole }, (_, i) => i),
        `cut at ${length}`,
      );
    }
  });

  it(`returns each intact frame once, and no frame that was not written, whichever bit is flipped (${FLIPS})`, async () => {
    const random = seeded(SEED);
    using folder = temporaryFolder();
    const { path, ends, bytes } = written(folder.path, 12);
    for (let flip = 0; flip < FLIPS; flip++) {
      const at = Math.floor(random() * bytes.length);
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ (1 << Math.floor(random() * 8));
      writeFileSync(path, damaged);
      const got = await recovered(path);
      const hit = ends.findIndex((end) => at < end);
      const others = ends.map((_, i) => i).filter((i) => i !== hit);
      assert.deepEqual(
        got.filter((i) => i !== hit),
        others,
        `seed ${SEED}, flip ${flip} at ${at}`,
      );
      // Its start may have been hit, and not its row.
      assert.ok(got.filter((i) => i === hit).length <= 1);
    }
  });

  it('returns every row beside whole frames that mean nothing', async () => {
    using folder = temporaryFolder();
    using origin = temporaryFolder();
    const { bytes } = written(origin.path, 12);
    const options = { spool: { dir: folder.path } };
    await quickTracer(NOWHERE, options).tracer.shutdown();
    const [destination = ''] = readdirSync(folder.path);
    for (const [i, [kind, number, payload]] of ODD.entries()) {
      const now = Date.now().toString(36).padStart(9, '0');
      const name = `${now}-${String(i).padStart(8, '0')}.0.wal`;
      const all = Buffer.concat([
        frame(kind, number, payload),
        bytes,
        frame(kind, number, payload),
      ]);
      writeFileSync(join(folder.path, destination, name), all);
      const got: string[] = [];
      const transport: Transport = {
        async send({ rows }) {
          got.push(...rows.map(({ inferenceId }) => inferenceId));
          return { delivered: rows.length, lost: {} };
        },
        close() {},
      };
      const { tracer } = quickTracer(NOWHERE, { ...options, transport });
      await until(`kind ${kind}, number ${number}, ${payload}`, () => got.length >= 12, 3000);
      await tracer.shutdown();
      const expected = Array.from({ length: 12 }, (_, n) => `row-${n}`);
      assert.deepEqual(got.filter((id) => id.startsWith('row-')).sort(), expected.sort());
    }
  });
});
