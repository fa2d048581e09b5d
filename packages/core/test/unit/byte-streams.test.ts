/** Streams of bytes that are followed or observed: they stay streams of bytes, which can be read into a buffer of the app. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { observedStream } from '@openlayer-tracing/core/integration';
import { record, rootOf } from '../support.ts';

function bytesOf(...texts: readonly string[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const text = texts[next++];
      if (text === '!') controller.error(new Error('broken'));
      else if (text !== undefined) controller.enqueue(new TextEncoder().encode(text));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}

/** Reads into one buffer of that size again and again. */
async function readInto(stream: ReadableStream<Uint8Array>, size: number): Promise<string[]> {
  const reader = stream.getReader({ mode: 'byob' });
  const read: string[] = [];
  let buffer = new ArrayBuffer(size);
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return read;
    read.push(Buffer.from(value).toString());
    buffer = value.buffer;
  }
}

const noted: string[] = [];
const observer = {
  chunk: (bytes: Uint8Array) => void noted.push(Buffer.from(bytes).toString()),
  ended: () => void noted.push('ended'),
  failed: () => void noted.push('failed'),
  cancelled: () => void noted.push('cancelled'),
};
const observed = (source: ReadableStream<Uint8Array>) => observedStream(source, observer, {});
const followed = (source: ReadableStream<Uint8Array>) => trace(() => source, { name: 'read' })();

describe('a stream of bytes that is passed through', () => {
  beforeEach(() => void noted.splice(0));

  for (const [what, pass] of Object.entries({ observed, followed })) {
    it(`can be read into a buffer: ${what}`, async () => {
      using _ = record();
      for (const size of [1, 2, 3, 16]) {
        const read = await readInto(pass(bytesOf('abc', 'defg')), size);
        assert.deepEqual(read, await readInto(bytesOf('abc', 'defg'), size));
      }
    });

    it(`can be read by chunks, twice and into a response: ${what}`, async () => {
      using _ = record();
      const chunks: string[] = [];
      for await (const chunk of pass(bytesOf('abc', 'd')))
        chunks.push(Buffer.from(chunk).toString());
      assert.deepEqual(chunks, ['abc', 'd']);
      const [one, other] = pass(bytesOf('abc', 'd')).tee();
      assert.deepEqual(await readInto(one, 8), ['abc', 'd']);
      assert.equal(await new Response(other).text(), 'abcd');
    });

    it(`fails and is cancelled as its source is: ${what}`, async () => {
      using _ = record();
      await assert.rejects(readInto(pass(bytesOf('abc', '!')), 8), { message: 'broken' });
      let reason: string | undefined;
      const source: ReadableStream<Uint8Array> = new ReadableStream({
        type: 'bytes',
        cancel(given) {
          reason = given;
        },
      });
      await pass(source).getReader({ mode: 'byob' }).cancel('enough');
      assert.equal(reason, 'enough');
    });

    it(`is none where its source is none: ${what}`, () => {
      using _ = record();
      assert.throws(() => pass(new ReadableStream()).getReader({ mode: 'byob' }), TypeError);
    });
  }

  it('is observed and recorded', async () => {
    using traces = record();
    await readInto(observed(bytesOf('abc', 'd')), 2);
    assert.deepEqual(noted, ['abc', 'd', 'ended']);
    await readInto(followed(bytesOf('abc', 'd')), 2);
    assert.equal(rootOf(await traces.row()).output, 'abcd');
  });

  it('may be changed', async () => {
    const upper = (bytes: Uint8Array) =>
      new TextEncoder().encode(Buffer.from(bytes).toString().toUpperCase().replace('B', ''));
    const change = { chunk: upper, end: () => new TextEncoder().encode('end') };
    const stream = observedStream(bytesOf('a', 'b', 'c'), observer, {}, change);
    assert.deepEqual(await readInto(stream, 2), ['A', 'C', 'en', 'd']);
  });
});
