/** Responses of Hono that end before their time: what was sent so far stays known, and who ended it is told. */

import assert from 'node:assert/strict';
import { setTimeout as later } from 'node:timers/promises';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing } from '@openlayer-tracing/hono';
import type { Context, MiddlewareHandler } from 'hono';
import { stream, streamSSE, streamText } from 'hono/streaming';
import { httpOf, type Stage, stageOn } from '../harness/stage.ts';
import { hono } from './frameworks.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const PLAIN = { 'content-type': 'text/plain' };

/** Sends its chunk, and does then what the test wants of it. */
function after(chunk: string, then: () => unknown): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (isSent) await then();
        else controller.enqueue(bytes(chunk));
        isSent = true;
      },
    },
    { highWaterMark: 0 },
  );
}

async function* chunks(then: () => unknown) {
  yield bytes('Once');
  await then();
}

/** How a response is made of a chunk and of what comes then. */
type Make = (c: Context, then: () => Promise<unknown>) => Response | Promise<Response>;

const STREAMS: Readonly<Record<string, Make>> = {
  'a stream': (c, then) => c.body(after('Once', then), 200, PLAIN),
  'a stream in a response of one’s own': (_c, then) =>
    new Response(after('Once', then), { headers: PLAIN }),
  'a stream with a length that was announced': (c, then) =>
    c.body(after('Once', then), 200, { ...PLAIN, 'content-length': '1000' }),
  'a generator': (c, then) =>
    c.body(ReadableStream.from(chunks(then)) as unknown as ReadableStream, 200, PLAIN),
  'a transformed stream': (c, then) =>
    c.body(after('Once', then).pipeThrough(new TransformStream()), 200, PLAIN),
  'one half of a stream': (c, then) => {
    const [half, other] = after('Once', then).tee();
    void other.cancel().catch(() => {});
    return c.body(half, 200, PLAIN);
  },
};

/** Hono's helpers report what their function throws to it alone, and end the response as if nothing had happened. */
const WRITTEN: Readonly<Record<string, Make>> = {
  'streamText()': (c, then) =>
    streamText(c, async (it) => {
      await it.write('Once');
      await then();
    }),
  'streamSSE()': (c, then) =>
    streamSSE(c, async (it) => {
      await it.writeSSE({ data: 'Once' });
      await then();
    }),
  'stream()': (c, then) => {
    c.header('content-type', 'text/plain');
    return stream(c, async (it) => {
      await it.write('Once');
      await then();
    });
  },
  'a stream that a helper pipes': (c, then) => {
    c.header('content-type', 'text/plain');
    return stream(c, (it) => it.pipe(after('Once', then)));
  },
};

const WAYS: Readonly<Record<string, readonly MiddlewareHandler[]>> = {
  'on node-server': [],
  'by web responses': [
    async (c, next) => {
      c.env = {};
      await next();
    },
  ],
  'by web responses, without a signal': [
    async (c, next) => {
      c.env = {};
      Object.defineProperty(c.req.raw, 'signal', { value: undefined });
      await next();
    },
  ],
};

for (const [way, first] of Object.entries(WAYS)) {
  /** A route for each way to make a response. */
  const staged = (makes: readonly Make[], then: () => Promise<unknown>, maxAgeMs = 60_000) =>
    stageOn((tracer) =>
      hono.serve((app) => {
        for (const middleware of first) app.use(middleware);
        app.use(openlayerTracing({ tracer, maxAgeMs }));
        for (const [n, make] of makes.entries()) app.get(`/${n}`, (c) => make(c, then));
      }),
    );
  const readSome = async (stage: Stage, n = 0) => {
    const leaving = new AbortController();
    const response = await fetch(`${stage.url}/${n}`, { signal: leaving.signal });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    return { text: new TextDecoder().decode(value), reader, leave: () => leaving.abort() };
  };
  /** All that was known when it ended. */
  const assertKnown = (row: WireRow, outcome: string) => {
    const http = httpOf(row);
    assert.deepEqual([http.status, http.outcome, row.output], [200, outcome, 'Once']);
    assert.ok(Number(http.bytes) >= 4);
  };

  describe(`Hono ${way}, a response that ends before its time`, () => {
    it('is given up with what was sent, however it is made', async () => {
      let release: (() => void) | undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const makes = Object.values({ ...STREAMS, ...WRITTEN });
      await using stage = await staged(makes, () => released, 30);
      const readers = await Promise.all(makes.map((_, n) => readSome(stage, n)));
      for (const row of await stage.rows(makes.length)) assertKnown(row, 'abandoned');
      release?.();
      for (const { reader } of readers) await reader?.cancel();
    });

    for (const [title, make] of Object.entries({ ...STREAMS, ...WRITTEN })) {
      it(`by ${title}, left by the client`, async () => {
        await using stage = await staged([make], () => later(1000));
        const { leave } = await readSome(stage);
        leave();
        assertKnown(await stage.only(), 'aborted');
      });
    }

    for (const [title, make] of Object.entries(WRITTEN)) {
      it(`by ${title} whose function throws, is what the client was sent`, async () => {
        await using stage = await staged([make], () => Promise.reject(undefined));
        const { reader } = await readSome(stage);
        assert.equal((await reader?.read())?.done, true);
        assertKnown(await stage.only(), 'completed');
      });
    }

    for (const [title, make] of Object.entries(STREAMS)) {
      it(`by ${title}, broken by the server`, async () => {
        await using stage = await staged([make], async () => {
          // A stream that fails forgets what was not read yet.
          await later(100);
          throw new Error('the pen broke');
        });
        const { reader } = await readSome(stage);
        // Whether the client gets all of the last packet is a matter of luck.
        await reader?.read().catch(() => {});
        const row = await stage.only();
        assertKnown(row, 'error');
        assert.ok(JSON.stringify(row.metadata?.error).includes('the pen broke'));
      });
    }
  });
}
