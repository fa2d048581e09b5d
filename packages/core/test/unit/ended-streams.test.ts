/** Streams and iterators that are over before they are followed or observed: nothing would end what waits for them. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { getTracer, trace } from '@openlayer-tracing/core';
import { type NodeBody, observeNodeBody } from '@openlayer-tracing/core/integration';
import { record, rootOf, sleep } from '../support.ts';

const BROKEN = new Error('broken');

async function drain<T extends AsyncIterable<unknown>>(stream: T): Promise<T> {
  for await (const _ of stream);
  return stream;
}

async function readResponse(): Promise<IncomingMessage> {
  const server = createServer((_req, res) => res.end('body')).listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve) =>
    get({ port, agent: false }, resolve),
  );
  response.resume();
  await once(response, 'close');
  server.close();
  return response;
}

async function destroyed(error?: Error): Promise<Readable> {
  const stream = new Readable({ read() {} });
  const closed = new Promise((resolve) => stream.on('error', () => {}).on('close', resolve));
  stream.destroy(error);
  await closed;
  return stream;
}

class OwnWebStream extends ReadableStream<unknown> {}

const SOURCE: ConstructorParameters<typeof ReadableStream<unknown>>[0] = {
  start(controller) {
    controller.enqueue('a');
    controller.close();
  },
};

function failedWebStream(): ReadableStream<unknown> {
  return new ReadableStream({ start: (controller) => controller.error(BROKEN) });
}

async function* items(): AsyncGenerator<string> {
  yield 'a';
}

function* syncItems(): Generator<string> {
  yield 'a';
}

const NODE_STREAMS: Readonly<
  Record<string, readonly [make: () => Promise<unknown>, end: 'ended' | 'failed' | 'cancelled']>
> = {
  'a Node stream that was read': [() => drain(Readable.from(['a'])), 'ended'],
  'an object made from a stream that was read': [
    async () => Object.create(await drain(Readable.from(['a']))),
    'ended',
  ],
  'a response of node:http that was read': [readResponse, 'ended'],
  'a Node stream that was destroyed': [() => destroyed(), 'cancelled'],
  'a Node stream that was destroyed just now': [
    async () => new Readable({ read() {} }).destroy(),
    'cancelled',
  ],
  'a Node stream that failed': [() => destroyed(BROKEN), 'failed'],
};

const OTHERS: typeof NODE_STREAMS = {
  'a web stream that was read': [() => drain(new ReadableStream(SOURCE) as never), 'ended'],
  'a web stream of a class of its own that was read': [
    () => drain(new OwnWebStream(SOURCE) as never),
    'ended',
  ],
  'a body that was read': [
    async () => {
      const { body } = new Response('a');
      await drain(body as never);
      return body;
    },
    'ended',
  ],
  'a web stream that failed': [async () => failedWebStream(), 'failed'],
};

describe('a result that is over already', () => {
  for (const [name, [make, end]] of Object.entries({ ...NODE_STREAMS, ...OTHERS })) {
    it(`ends the trace at once where it is ${name}`, async () => {
      using traces = record();
      const result = await make();
      assert.equal(await trace(async () => result, { name: 'work' })(), result);
      await sleep(1);
      assert.equal(getTracer().stats().open, 0);
      const root = rootOf(await traces.row());
      assert.equal(root.output, null);
      assert.equal(root.metadata.error, end === 'failed' ? 'broken' : undefined);
    });
  }

  for (const [name, work] of Object.entries({ items, syncItems })) {
    it(`ends the trace at once where it is the generator ${name} of another traced function`, async () => {
      using traces = record();
      const inner = trace(work as () => AsyncGenerator<string>, { name: 'inner' });
      const outer = trace(async () => drain(inner()), { name: 'outer' });
      await outer();
      assert.equal(getTracer().stats().open, 0);
      assert.deepEqual((await traces.step('inner')).output, 'a');
      assert.equal((await traces.step('outer')).output, null);
    });
  }

  it('does not end the step of a stream that can still be read', async () => {
    using traces = record();
    const stream = await trace(async () => new ReadableStream(SOURCE), { name: 'work' })();
    await sleep(1);
    assert.deepEqual(await traces.rows(), []);
    await drain(stream as never);
    assert.equal(rootOf(await traces.row()).output, 'a');
  });
});

describe('the observer of a body', () => {
  for (const [name, [make, end]] of Object.entries(NODE_STREAMS)) {
    it(`is called once for the end of ${name}`, async () => {
      const ends: unknown[] = [];
      observeNodeBody((await make()) as NodeBody, {
        chunk: () => ends.push('chunk'),
        ended: () => ends.push('ended'),
        failed: (error) => ends.push('failed', error),
        cancelled: () => ends.push('cancelled'),
      });
      await sleep(2);
      assert.deepEqual(ends, end === 'failed' ? ['failed', BROKEN] : [end]);
    });
  }
});
