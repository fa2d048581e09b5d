import assert from 'node:assert/strict';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import {
  FrameKind,
  frameAt,
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  writeHeader,
} from '../../src/spool/segment/frame.ts';
import { numbersIn, numbersText, parseRow, rowHead } from '../../src/spool/segment/payloads.ts';
import { readFrames } from '../../src/spool/segment/read-frames.ts';

/** Not a good one, but one that each byte changes. */
const checksum = (bytes: Uint8Array) =>
  bytes.reduce((sum, byte, i) => (sum + byte * (i + 1)) >>> 0, 7);

function frameOf(number: number, payload: string): Uint8Array {
  const bytes = new TextEncoder().encode(payload);
  const frame = new Uint8Array(HEADER_BYTES + bytes.length);
  frame.set(bytes, HEADER_BYTES);
  assert.equal(writeHeader(frame, FrameKind.row, number, bytes.length, checksum), frame.length);
  return frame;
}

const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** What is read of a file of these bytes, a few at a time. */
async function readAll(bytes: Uint8Array, atATime = 7): Promise<string[]> {
  const found: string[] = [];
  const files = {
    async read(_file: number, target: Uint8Array, position: number) {
      const part = bytes.subarray(position, position + Math.min(atATime, target.byteLength));
      target.set(part);
      return part.byteLength;
    },
    checksum,
  } as unknown as SpoolFiles;
  await readFrames(files, 0, {
    frame({ number, payload, offset, end }) {
      found.push(`${number}:${Buffer.from(payload)}@${offset}-${end}`);
    },
    damage({ offset, end, isTorn }) {
      found.push(`${isTorn ? 'torn' : 'damaged'}@${offset}-${end}`);
    },
  });
  return found;
}

describe('a frame', () => {
  it('is what was sealed, wherever it stands', () => {
    const bytes = joined(new Uint8Array(3), frameOf(0x01020304, 'hello'));
    const frame = frameAt(bytes, 3, 100, checksum);
    assert.ok(typeof frame === 'object');
    assert.deepEqual(
      { ...frame, payload: Buffer.from(frame.payload).toString() },
      { version: 1, kind: 2, number: 0x01020304, offset: 103, end: 128, payload: 'hello' },
    );
    assert.deepEqual([...bytes.subarray(3, 7)], [0xff, 0x4f, 0x4c, 0x77]);
  });

  it('is none where one of its bits has changed', () => {
    const whole = frameOf(7, 'hello');
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = whole.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.notEqual(typeof frameAt(bytes, 0, 0, checksum), 'object', `bit ${bit}`);
    }
  });

  it('is cut where its end is missing', () => {
    const whole = frameOf(7, 'hello');
    assert.equal(frameAt(whole, 1, 0, checksum), 'none');
    for (let length = 1; length < whole.length; length++) {
      assert.equal(frameAt(whole.subarray(0, length), 0, 0, checksum), 'cut', `${length} bytes`);
    }
  });

  it('of more than 16 MiB is a damaged length', () => {
    const withLength = (length: number) => {
      const frame = frameOf(7, '');
      new DataView(frame.buffer).setUint32(16, length, true);
      return frameAt(frame, 0, 0, checksum);
    };
    assert.equal(withLength(MAX_PAYLOAD_BYTES), 'cut');
    assert.equal(withLength(MAX_PAYLOAD_BYTES + 1), 'none');
  });
});

describe('a file of frames', () => {
  const [a, b] = [frameOf(1, 'first'), frameOf(2, 'second')];

  it('is read in order, however few bytes come at a time', async () => {
    for (const atATime of [1, 7, 1000]) {
      assert.deepEqual(await readAll(joined(a, b), atATime), ['1:first@0-25', '2:second@25-51']);
    }
    assert.deepEqual(await readAll(new Uint8Array()), []);
  });

  it('is read past what is damaged in it', async () => {
    assert.deepEqual(await readAll(joined(new Uint8Array(4), a, b)), [
      'damaged@0-4',
      '1:first@4-29',
      '2:second@29-55',
    ]);
    const damaged = a.slice();
    damaged[22] = 0xff;
    assert.deepEqual(await readAll(joined(damaged, b)), ['damaged@0-25', '2:second@25-51']);
    assert.deepEqual(await readAll(joined(a, new Uint8Array(3))), [
      '1:first@0-25',
      'damaged@25-28',
    ]);
  });

  it('may end within a frame that was never written whole', async () => {
    assert.deepEqual(await readAll(joined(a, b.subarray(0, 22))), ['1:first@0-25', 'torn@25-47']);
    assert.deepEqual(await readAll(b.subarray(0, 1)), ['torn@0-1']);
  });

  it('may hold a frame that is longer than what is read at a time', async () => {
    const long = frameOf(3, 'x'.repeat(1_300_000));
    const found = await readAll(joined(a, long, b), 400_000);
    assert.deepEqual(
      found.map((each) => each.slice(each.lastIndexOf('@'))),
      ['@0-25', '@25-1300045', '@1300045-1300071'],
    );
  });
});

describe('a payload', () => {
  const position = { number: 7 };
  const bytesOf = (text: string) => new TextEncoder().encode(text);

  it('of a row is its id, its layout and its bytes', () => {
    const row = new QueuedRow('a', '{}', '{"x":"\n"}');
    const found = parseRow(joined(bytesOf(rowHead(row)), row.bytes), position);
    assert.deepEqual([found?.inferenceId, found?.layout, found?.position], ['a', '{}', position]);
    assert.equal(found?.text, row.text);
    assert.equal(parseRow(bytesOf('a\n{}'), position), undefined);
    assert.equal(parseRow(bytesOf('a'), position), undefined);
    assert.equal(parseRow(bytesOf('\n\n'), position)?.inferenceId, '');
  });

  it('of numbers is a list of ranges', () => {
    const cases: readonly (readonly [readonly number[], string])[] = [
      [[], '[]'],
      [[7], '[[7,7]]'],
      [[3, 1, 2], '[[1,3]]'],
      [[1, 2, 4, 5, 9], '[[1,2],[4,5],[9,9]]'],
      [[1, 1, 2], '[[1,2]]'],
    ];
    for (const [numbers, text] of cases) {
      assert.equal(numbersText(numbers), text);
      const sorted = [...new Set(numbers)].sort((x, y) => x - y);
      assert.deepEqual([...numbersIn(bytesOf(text), 100)], sorted);
    }
    assert.deepEqual([...numbersIn(bytesOf('[[-2,1],[98,200]]'), 100)], [0, 1, 98, 99]);
  });

  for (const text of ['', 'null', '7', '{"a":1}', '[7]', '[[1]]', '[["1","2"]]', '[[1.5,2]]']) {
    it(`of no numbers has none: ${text}`, () =>
      assert.deepEqual([...numbersIn(bytesOf(text), 100)], []));
  }
});
