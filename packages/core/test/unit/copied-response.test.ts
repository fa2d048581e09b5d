/** A web response whose body is in memory, so that a copy of it is read. */

import assert from 'node:assert/strict';
import { WebExchange } from '../../src/http/web/web-exchange.ts';

const MEGABYTE = 1_048_576;

/** What the trace receives of a body of so many megabytes. */
async function receivedOf(
  megabytes: number,
  captureRoom: number,
  headers: Record<string, string> = {},
) {
  const received = { chunks: 0, bytes: 0, outcome: '' };
  let unseen: number | undefined = 0;
  const trace = {
    method: 'GET',
    captureRoom,
    setResponse() {},
    run: <T>(fn: () => T): T => fn(),
    addChunk(chunk: Uint8Array) {
      received.chunks++;
      received.bytes += chunk.byteLength;
    },
    addUnseenBytes(bytes: number | undefined) {
      unseen = bytes === undefined || unseen === undefined ? undefined : unseen + bytes;
    },
    reportFailure: assert.fail,
    settleResponse(outcome: string) {
      received.outcome = outcome;
    },
  } as unknown as ConstructorParameters<typeof WebExchange>[0];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < megabytes; i++) controller.enqueue(new Uint8Array(MEGABYTE));
      controller.close();
    },
  });
  const exchange = new WebExchange(trace, undefined, () => 200);
  const response = new Response(body, { headers });
  assert.equal(await exchange.followResponse(response, undefined), response);
  assert.equal(received.outcome, 'completed');
  return { chunks: received.chunks, bytes: unseen === undefined ? null : received.bytes + unseen };
}

describe('a copied body', () => {
  for (const [what, megabytes, room, headers, expected] of [
    ['keeps the chunks that are captured', 4, 2 * MEGABYTE, {}, { chunks: 2, bytes: 4 * MEGABYTE }],
    ['keeps one chunk if none is captured', 4, 0, {}, { chunks: 1, bytes: 4 * MEGABYTE }],
    ['is counted to the limit', 16, 65_536, {}, { chunks: 1, bytes: 16 * MEGABYTE }],
    ['has no length above the limit', 17, 65_536, {}, { chunks: 1, bytes: null }],
    [
      'has the length that its headers state',
      17,
      65_536,
      { 'content-length': String(17 * MEGABYTE) },
      { chunks: 1, bytes: 17 * MEGABYTE },
    ],
  ] as const) {
    it(what, async () => {
      assert.deepEqual(await receivedOf(megabytes, room, headers), expected);
    });
  }
});
