import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { skip } from '../skip.ts';
import { startDriven } from './driven.ts';
import { leaveBehind, segmentName } from './left-behind.ts';
import { filesIn, publishingTo, startCollector, temporaryFolder } from './support.ts';

/** Traces that wait on disk. */
const BACKLOG = Number(process.env.BACKLOG ?? 1_000_000);
const FEW = 2000;
const SEGMENT_BYTES = 8 * 2 ** 20;
/** With no row delivered for so long, none will be. */
const STANDSTILL_MS = 120_000;
const MOST_MORE_BYTES = 50 * 2 ** 20;

const dist = join(
  dirname(createRequire(import.meta.url).resolve('@openlayer-tracing/core/package.json')),
  'dist',
);
const { nodeSpoolFiles } = await import(join(dist, 'platform/node/spool-files.js'));
const { writeHeader, HEADER_BYTES, FrameKind } = await import(join(dist, 'spool/segment/frame.js'));
const { readFrames } = await import(join(dist, 'spool/segment/read-frames.js'));

describe('a spool in which a million traces wait', function () {
  this.timeout(1_800_000);

  it(`is read as a stream: ${BACKLOG} traces take little more memory than ${FEW}`, async function () {
    if (!existsSync('/proc/self/status')) skip(this, 'nobody says here how much memory was used');
    const few = await replayed(FEW);
    const all = await replayed(BACKLOG);
    console.log(
      `      ${few.peak >> 20} MB at most for ${FEW}, ${all.peak >> 20} MB for ${BACKLOG}; ${Math.round(BACKLOG / all.seconds)} rows/s; the first after ${Math.round(all.firstMs)} ms`,
    );
    assert.ok(all.peak - few.peak < MOST_MORE_BYTES, `${all.peak - few.peak} bytes more`);
  });
});

async function replayed(count: number) {
  using folder = temporaryFolder();
  const dir = join(folder.path, 'spool');
  // Only the key of the app that is measured is taken: what is left behind is.
  await using collector = await startCollector(folder.path, { key: 'test-key' }, { CHECKED: '0' });
  await fill(collector.url, dir, count);
  const variables = publishingTo(collector.url, dir, {
    spool: { maxBytes: 4 * 2 ** 30 },
    retry: { baseMs: 5, capMs: 50 },
  });
  const app = await startDriven(variables);
  const start = performance.now();
  let firstMs = 0;
  let delivered = 0;
  let progressed = start;
  for (;;) {
    const standing = await app.tell({});
    const { published, dropped } = standing.stats.adopted;
    if (firstMs === 0 && published > 0) firstMs = performance.now() - start;
    if (published === count) break;
    assert.deepEqual(dropped, {});
    if (published !== delivered) {
      delivered = published;
      progressed = performance.now();
    }
    const stands = performance.now() - progressed > STANDSTILL_MS;
    assert.ok(!stands, `nothing is delivered any more: ${JSON.stringify(standing)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - start) / 1000;
  const status = readFileSync(`/proc/${app.pid}/status`, 'utf8');
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  await app.kill();
  const ids = collector.rows().map(({ id }) => id);
  assert.equal(ids.length, count);
  assert.equal(new Set(ids).size, count);
  return { peak, seconds, firstMs };
}

/** Leaves so many rows behind, each with an ID of its own, in segments as large as they get. */
async function fill(url: string, dir: string, count: number): Promise<void> {
  const inner = await leaveBehind(url, dir);
  const [layout, row] = await rowIn(inner);
  for (const file of filesIn(inner)) nodeSpoolFiles.remove(file);
  let written = 0;
  for (let n = 0; written < count; n++) {
    const file = openSync(join(inner, segmentName(n)), 'wx', 0o600);
    const buffer = Buffer.alloc(SEGMENT_BYTES + 16_384);
    let bytes = 0;
    for (let number = 0; bytes < SEGMENT_BYTES && written < count; number++, written++) {
      const id = `row-${written}`;
      const payload = `${id}\n${layout}\n${row.replace('"row-0"', `"${id}"`)}`;
      const frame = buffer.subarray(bytes);
      const length = frame.write(payload, HEADER_BYTES);
      bytes += writeHeader(frame, FrameKind.row, number, length, nodeSpoolFiles.checksum);
    }
    writeSync(file, buffer, 0, bytes);
    closeSync(file);
  }
}

/** The layout and the JSON text of the row `row-0`. */
async function rowIn(folder: string): Promise<[layout: string, row: string]> {
  const payloads: string[] = [];
  for (const path of filesIn(folder)) {
    const file = openSync(path, 'r');
    await readFrames(nodeSpoolFiles, file, {
      frame: ({ kind, payload }: { readonly kind: number; readonly payload: Uint8Array }) => {
        if (kind === FrameKind.row) payloads.push(Buffer.from(payload).toString());
      },
      damage: () => assert.fail(`${path} is damaged`),
    });
    closeSync(file);
  }
  const [, layout, row] = payloads.find((each) => each.startsWith('row-0\n'))?.split('\n') ?? [];
  assert.ok(layout !== undefined && row !== undefined);
  return [layout, row];
}
