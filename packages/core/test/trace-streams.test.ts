import assert from 'node:assert/strict';
import { Duplex, PassThrough, pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { currentStep, trace } from '@openlayer-tracing/core';
import { record, rootOf, sleep } from './support.ts';

describe('trace(fn) of a function that returns a web ReadableStream', () => {
  /** Counts its pulls, and what it was cancelled with. */
  function source(chunks: readonly unknown[]) {
    const seen = { pulls: 0, cancelled: [] as unknown[] };
    const stream = new ReadableStream<unknown>(
      {
        pull(controller) {
          const chunk = chunks[seen.pulls++];
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel(reason) {
          seen.cancelled.push(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return { seen, stream };
  }

  it('returns a stream of the same chunks and ends the step at its end', async () => {
    using traces = record();
    const chunk = { n: 1 };
    const { stream } = source([chunk, 'b']);
    const followed = trace(() => stream, { name: 'stream' })();
    assert.ok(followed instanceof ReadableStream);
    const got = [];
    for await (const each of followed) got.push(each);
    assert.equal(got[0], chunk);
    assert.deepEqual(got, [{ n: 1 }, 'b']);
    assert.deepEqual(rootOf(await traces.row()).output, [{ n: 1 }, 'b']);
  });

  it('pulls the source once for each pull of the consumer', async () => {
    using _traces = record();
    const { stream, seen } = source(['a', 'b', 'c']);
    const reader = trace(() => stream)().getReader();
    await sleep(2);
    assert.equal(seen.pulls, 0);
    await reader.read();
    await sleep(2);
    assert.equal(seen.pulls, 1);
    await reader.read();
    await sleep(2);
    assert.equal(seen.pulls, 2);
  });

  it('leaves the source unlocked until it is read', async () => {
    using _traces = record();
    const { stream } = source(['a']);
    const followed = trace(() => stream)();
    assert.equal(stream.locked, false);
    await followed.getReader().read();
    assert.equal(stream.locked, true);
  });

  for (const reads of [0, 1]) {
    it(`hands on a cancel after ${reads} reads`, async () => {
      using traces = record();
      const { stream, seen } = source(['a', 'b']);
      const reader = trace(() => stream, { name: 'stream' })().getReader();
      for (let n = 0; n < reads; n++) await reader.read();
      const reason = new Error('enough');
      await reader.cancel(reason);
      assert.equal(seen.cancelled[0], reason);
      assert.equal(rootOf(await traces.row()).output, reads === 0 ? null : 'a');
      assert.equal(rootOf(await traces.row()).metadata.error, undefined);
    });
  }

  it('can be teed', async () => {
    using traces = record();
    const { stream } = source(['a', 'b']);
    const [left, right] = trace(() => stream, { name: 'stream' })().tee();
    assert.deepEqual(await Promise.all([textOf(left), textOf(right)]), ['ab', 'ab']);
    assert.equal(rootOf(await traces.row()).output, 'ab');
  });

  it('can be piped, and used as the body of a Response', async () => {
    using traces = record();
    const { stream } = source([new TextEncoder().encode('grüß'), new TextEncoder().encode('e')]);
    const body = trace(() => stream, { name: 'stream' })() as ReadableStream<Uint8Array>;
    assert.equal(await new Response(body).text(), 'grüße');
    assert.equal(rootOf(await traces.row()).output, 'grüße');
  });

  it('fails with the same error', async () => {
    using traces = record();
    const error = Object.freeze(new Error('torn'));
    const stream = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('a');
      },
      pull(controller) {
        controller.error(error);
      },
    });
    const reader = trace(() => stream, { name: 'stream' })().getReader();
    await assert.rejects(
      async () => {
        for (;;) await reader.read();
      },
      (reason) => reason === error,
    );
    assert.equal(rootOf(await traces.row()).metadata.error, 'torn');
  });

  it('runs its source in the scope of its step', async () => {
    using traces = record();
    let pulledIn: string | undefined;
    const make = trace(
      () =>
        new ReadableStream(
          {
            pull(controller) {
              pulledIn = currentStep()?.name;
              controller.close();
            },
          },
          { highWaterMark: 0 },
        ),
      { name: 'stream' },
    );
    await trace(async () => make().getReader().read(), { name: 'outer' })();
    assert.equal(pulledIn, 'stream');
    assert.equal((await traces.rows()).length, 1);
  });

  it('leaves a locked stream as it is, and a subclass the one that it is', async () => {
    using traces = record();
    class Labelled extends ReadableStream<string> {
      readonly label = 'mine';
    }
    const locked = source(['a']).stream;
    const reader = locked.getReader();
    const labelled = new Labelled({
      start(controller) {
        controller.enqueue('b');
        controller.close();
      },
    });
    assert.equal(trace(() => locked)(), locked);
    assert.equal(trace(() => labelled)(), labelled);
    assert.deepEqual(await reader.read(), { done: false, value: 'a' });
    assert.equal((await traces.rows()).length, 1, 'nobody has read the other');
    assert.equal(await textOf(labelled), 'b');
    assert.equal((await traces.rows()).length, 2);
  });

  it('follows it where an async function returns it', async () => {
    using traces = record();
    const { stream, seen } = source(['a', 'b']);
    const followed = await trace(async () => stream, { name: 'stream' })();
    await sleep(2);
    assert.equal(seen.pulls, 0);
    assert.equal(await textOf(followed), 'ab');
    assert.equal(rootOf(await traces.row()).output, 'ab');
  });
});

describe('trace(fn) of a function that returns a Node stream', () => {
  it('returns the same stream, starts nothing and adds no listener', async () => {
    using traces = record();
    const stream = new Readable({ read() {} });
    const names = stream.eventNames();
    assert.equal(trace(() => stream)(), stream);
    await sleep(2);
    assert.equal(stream.readableFlowing, null);
    assert.deepEqual(stream.eventNames(), names);
    assert.deepEqual(await traces.rows(), []);
  });

  const CONSUMERS: readonly (readonly [string, (stream: Readable) => Promise<unknown>])[] = [
    [
      'by events',
      (stream) => new Promise((resolve) => stream.on('data', () => {}).on('end', resolve)),
    ],
    [
      'by iteration',
      async (stream) => {
        for await (const _ of stream);
      },
    ],
    ['by a pipeline', (stream) => promisify(pipeline)(stream, new PassThrough().resume())],
    ['through a web stream', (stream) => new Response(Readable.toWeb(stream) as never).text()],
    [
      'by read()',
      (stream) =>
        new Promise((resolve) => {
          stream.on('readable', () => {
            while (stream.read() !== null);
          });
          stream.on('end', resolve);
        }),
    ],
  ];
  for (const [how, consume] of CONSUMERS) {
    it(`follows it ${how}`, async () => {
      using traces = record();
      const parts = ['one ', 'two ', 'three'].map((part) => Buffer.from(part));
      const stream = trace(() => Readable.from(parts, { objectMode: false }), { name: 'file' })();
      await consume(stream);
      await sleep(5);
      assert.equal(rootOf(await traces.row()).output, 'one two three');
    });
  }

  it('records objects, a failure, and a stream that is destroyed', async () => {
    using traces = record();
    const objects = trace(() => Readable.from([{ n: 1 }, { n: 2 }]), { name: 'objects' })();
    for await (const _ of objects);
    const error = new Error('disk gone');
    const failing = trace(
      () =>
        new Readable({
          read() {
            this.destroy(error);
          },
        }),
      { name: 'failing' },
    )();
    await assert.rejects(
      async () => {
        for await (const _ of failing);
      },
      (reason) => reason === error,
    );
    const dropped = trace(() => new Readable({ read() {} }), { name: 'dropped' })();
    dropped.destroy();
    await sleep(5);
    assert.deepEqual((await traces.step('objects')).output, [{ n: 1 }, { n: 2 }]);
    assert.equal((await traces.step('failing')).metadata.error, 'disk gone');
    assert.equal((await traces.step('dropped')).output, null);
    assert.equal((await traces.rows()).length, 3);
  });

  it('keeps an error event without a listener fatal', async () => {
    using _traces = record();
    const stream = trace(() => new Readable({ read() {} }))();
    const error = new Error('unheard');
    assert.throws(
      () => stream.emit('error', error),
      (reason) => reason === error,
    );
  });

  it('follows the readable side of a duplex', async () => {
    using traces = record();
    const echo = trace(
      () =>
        new Duplex({
          read() {},
          write(chunk, _encoding, done) {
            this.push(chunk);
            done();
          },
          final(done) {
            this.push(null);
            done();
          },
        }),
      { name: 'echo' },
    )();
    echo.end('said');
    for await (const _ of echo);
    await sleep(5);
    assert.equal(rootOf(await traces.row()).output, 'said');
  });
});

async function textOf(stream: ReadableStream<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe('trace(fn) of a function that returns binary data', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452ffd8ffe000104a46', 'hex');
  for (const [what, make, output] of [
    ['at once', () => [png], ['[Buffer: 24 bytes]']],
    ['as a body', () => new Response(png).body, '[Uint8Array stream: 24 bytes]'],
    ['as a Node stream', () => Readable.from([png, png]), '[Buffer stream: 48 bytes]'],
    [
      'as a generator',
      async function* () {
        yield png;
        yield png.subarray(4);
      },
      '[Buffer stream: 44 bytes]',
    ],
  ] as const) {
    it(`names it ${what}`, async () => {
      using traces = record();
      const made = trace(make as () => AsyncIterable<unknown>, { name: 'speak' })();
      for await (const _ of made);
      assert.deepEqual(rootOf(await traces.row()).output, output);
    });
  }
});
