/** A web response of which only a copy shows whether its body is in memory. */

import assert from 'node:assert/strict';
import { WebExchange } from '../../src/http/web/web-exchange.ts';

const KB = 1024;
const MB = 1024 * KB;

/** Bytes that the trace captures of a body. */
const ROOM = 64 * KB;

/** What the trace receives of a body whose chunks, of these sizes, are all there. */
async function receivedOf(sizes: readonly number[]) {
  let bytes = 0;
  let keptBytes = 0;
  let outcome = '';
  const trace = {
    method: 'GET',
    captureRoom: ROOM,
    setResponse() {},
    run: <T>(fn: () => T): T => fn(),
    addChunk(chunk: Uint8Array) {
      bytes += chunk.byteLength;
      keptBytes += chunk.byteLength;
    },
    addUnseenBytes(unseen: number) {
      bytes += unseen;
    },
    reportFailure: assert.fail,
    settleResponse(settled: string) {
      outcome = settled;
    },
  } as unknown as ConstructorParameters<typeof WebExchange>[0];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size));
      controller.close();
    },
  });
  const exchange = new WebExchange(trace, undefined, () => 200);
  const response = new Response(body);
  const sent = await exchange.followResponse(response, undefined);
  const isUnchanged = sent === response;
  if (isUnchanged) assert.equal(outcome, 'completed');
  if (isUnchanged && sizes.length > 1) {
    // Further chunks are not kept in memory.
    assert.ok(keptBytes < ROOM + Math.max(...sizes), `${keptBytes} bytes were kept`);
  }
  if (!isUnchanged) assert.deepEqual({ bytes, outcome }, { bytes: 0, outcome: '' });
  const read = await sent.arrayBuffer();
  assert.equal(read.byteLength, bytes);
  assert.equal(outcome, 'completed');
  return { isUnchanged, bytes };
}

const repeated = (size: number, count: number) => Array.from({ length: count }, () => size);

describe('a response that is copied', () => {
  for (const [what, sizes, isUnchanged] of [
    ['no chunk', [], true],
    ['one small chunk', [5], true],
    ['one chunk of 20 MB', [20 * MB], true],
    ['chunks of 4 KB and a smaller one', [...repeated(4 * KB, 9), 5], true],
    ['chunks of 16 MB in all', repeated(64 * KB, 256), true],
    ['chunks of more than 16 MB in all', repeated(64 * KB, 258), false],
    ['a chunk of 16 KB and larger ones', [16 * KB, 2 * MB, 2 * MB, 900 * KB], true],
    ['a small chunk and another', [5, 5], false],
    ['a small chunk between larger ones', [4 * KB, 5, 4 * KB], false],
  ] as const) {
    it(`is ${isUnchanged ? 'sent unchanged' : 'followed as a stream'}: ${what}`, async () => {
      const bytes = sizes.reduce((all: number, each: number) => all + each, 0);
      assert.deepEqual(await receivedOf(sizes), { isUnchanged, bytes });
    });
  }
});
