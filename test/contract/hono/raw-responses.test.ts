/** Responses that the handler makes itself: nothing but reading shows whether their body is in memory or a stream. */

import assert from 'node:assert/strict';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { Hono } from 'hono';
import { type Collector, startCollector } from '../../support/collector.ts';

const utf8 = new TextEncoder();

/** How far a source has come. */
interface Progress {
  chunks: number;
}

const MANY = 20_000;

/** Streams whose first chunk is there at once. */
const STREAMS: Readonly<Record<string, (progress: Progress) => ReadableStream<Uint8Array>>> = {
  'small chunks that are all there': (progress) =>
    new ReadableStream({
      pull(controller) {
        if (progress.chunks === MANY) return controller.close();
        progress.chunks += 1;
        return controller.enqueue(utf8.encode(`row ${progress.chunks}\n`));
      },
    }),
  'small chunks of a generator': (progress) =>
    ReadableStream.from(
      (async function* rows() {
        for (; progress.chunks < MANY; progress.chunks += 1) yield utf8.encode('a,b,c\n');
      })(),
    ),
  'a chunk each millisecond': (progress) =>
    ReadableStream.from(
      (async function* tokens() {
        for (; progress.chunks < MANY; progress.chunks += 1) {
          yield utf8.encode('x'.repeat(5000));
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })(),
    ),
  'chunks of later turns': (progress) =>
    new ReadableStream({
      async pull(controller) {
        if (progress.chunks === MANY) return controller.close();
        progress.chunks += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return controller.enqueue(new Uint8Array(5000));
      },
    }),
};

/** Chunks that a source may have been asked for before its first one has reached the client. */
const MOST_AHEAD = 40;

const form = new FormData();
form.set('answer', 'Because.');

const BODIES: Readonly<Record<string, () => ConstructorParameters<typeof Response>[0]>> = {
  nothing: () => null,
  'an empty text': () => '',
  'a short text': () => 'Because.',
  'a text of 5,000 characters': () => 'x'.repeat(5000),
  'a text of 3 MB': () => 'x'.repeat(3_000_000),
  bytes: () => new Uint8Array(100_000),
  'a Blob': () => new Blob(['Because.']),
  'search parameters': () => new URLSearchParams({ answer: 'Because.' }),
};

/**
 * Resolves at the end of a turn of the event loop, in which the processor is kept busy: a timer that is started now is due before
 * anything that is read now has come.
 */
function endOfBusyTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
    setImmediate(() => {
      for (const end = performance.now() + 5; performance.now() < end; );
    });
  });
}

/** An app that returns one response, and what it and its outermost middleware saw. */
function appOf(collector: Collector | undefined, make: () => Response) {
  const seen: { made?: Response; sent?: Response } = {};
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    seen.sent = c.res;
  });
  if (collector) app.use(openlayerTracing({ tracer: collector.createTracer() }));
  app.get('/', () => {
    seen.made = make();
    return seen.made;
  });
  return { app, seen };
}

describe('a response that the handler makes itself', () => {
  for (const [what, stream] of Object.entries(STREAMS)) {
    it(`is a stream that reaches the client as it is written: ${what}`, async () => {
      await using collector = await startCollector();
      const progress = { chunks: 0 };
      const { app } = appOf(collector, () => new Response(stream(progress)));
      const response = await app.fetch(new Request('http://localhost/'));
      assert.ok(response.body);
      const reader = response.body.getReader();
      const first = await reader.read();
      assert.equal(first.done, false);
      assert.ok(progress.chunks <= MOST_AHEAD, `${progress.chunks} chunks were read ahead`);
      await reader.cancel();
      const [row] = await collector.exactly(1);
      const http = row?.metadata?.http as { outcome: string; bytes: number } | undefined;
      assert.ok(http);
      const { outcome, bytes } = http;
      assert.equal(outcome, 'aborted');
      assert.ok(bytes >= (first.value?.byteLength ?? 0) && bytes < MOST_AHEAD * 65_536, `${bytes}`);
      assert.ok(progress.chunks <= MOST_AHEAD, 'the source was cancelled');
    });
  }

  it('is recorded whole where it is a stream', async () => {
    await using collector = await startCollector();
    const texts = Array.from({ length: 100 }, (_, i) => `row ${i}\n`);
    const { app } = appOf(
      collector,
      () => new Response(ReadableStream.from(texts.map((text) => utf8.encode(text)))),
    );
    const response = await app.fetch(new Request('http://localhost/'));
    assert.equal(await response.text(), texts.join(''));
    const [row] = await collector.exactly(1);
    assert.equal(row?.output, texts.join(''));
    assert.equal((row?.metadata?.http as { outcome: string } | undefined)?.outcome, 'completed');
  });

  for (const [what, body] of Object.entries(BODIES)) {
    for (const isBusy of [false, true]) {
      it(`is sent as it is where its body is in memory: ${what}${isBusy ? ', on a busy machine' : ''}`, async () => {
        await using collector = await startCollector();
        const { app, seen } = appOf(collector, () => new Response(body()));
        if (isBusy) await endOfBusyTurn();
        const response = await app.fetch(new Request('http://localhost/'));
        assert.equal(seen.sent, seen.made);
        const bare = await new Response(body()).arrayBuffer();
        assert.deepEqual(await response.arrayBuffer(), bare);
        const [row] = await collector.exactly(1);
        const http = row?.metadata?.http as { outcome: string; bytes: number };
        assert.equal(http.outcome, 'completed');
        assert.equal(http.bytes, bare.byteLength);
      });
    }
  }

  it('is read whole by the client where it is a form', async () => {
    await using collector = await startCollector();
    const { app } = appOf(collector, () => new Response(form));
    const response = await app.fetch(new Request('http://localhost/'));
    assert.equal((await response.formData()).get('answer'), 'Because.');
    const [row] = await collector.exactly(1);
    assert.match(JSON.stringify(row?.output), /multipart/);
  });
});
