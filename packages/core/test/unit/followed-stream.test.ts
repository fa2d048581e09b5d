import assert from 'node:assert/strict';
import { WebExchange } from '../../src/http/web/web-exchange.ts';

type Trace = ConstructorParameters<typeof WebExchange>[0];

/** The body that goes out in place of this one, and what its trace is told. */
async function follow(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  { client = new AbortController(), fails = false } = {},
) {
  const noted: string[] = [];
  let inScope = 0;
  const trace = {
    method: 'GET',
    setResponse() {},
    run<T>(fn: () => T): T {
      inScope++;
      return fn();
    },
    addChunk(chunk: Uint8Array) {
      if (fails) throw new Error('ours');
      noted.push(`chunk ${Buffer.from(chunk)}`);
    },
    reportFailure: (what: string) => noted.push(`failed ${what}`),
    settleResponse: (outcome: string, _facts: unknown, error?: unknown) =>
      noted.push(error === undefined ? outcome : `${outcome}: ${(error as Error).message}`),
  } as unknown as Trace;
  // The client is asked for, and not listened to.
  const signal = {
    addEventListener() {},
    get aborted() {
      return client.signal.aborted;
    },
  };
  const exchange = new WebExchange(trace, signal as unknown as AbortSignal, () => 200);
  exchange.start();
  const { body } = await exchange.followResponse(new Response(source), 'stream');
  assert.ok(body !== null);
  return { stream: body, noted, client, reads: () => inScope };
}

function sourceOf(...chunks: string[]) {
  let pulled = 0;
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const chunk = chunks[pulled++];
        if (chunk === undefined) controller.close();
        else if (chunk === '!') controller.error(new Error('broken'));
        else controller.enqueue(new TextEncoder().encode(chunk));
      },
      cancel(reason) {
        cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { source, pulled: () => pulled, cancelled: () => cancelled };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a stream that is followed', () => {
  it('passes the same chunks on, each read in the scope, and settles at its end', async () => {
    const { source } = sourceOf('a', 'b');
    const { stream, noted, reads } = await follow(source);
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk).toString());
    assert.deepEqual(chunks, ['a', 'b']);
    assert.deepEqual(noted, ['chunk a', 'chunk b', 'completed']);
    assert.equal(reads(), 3);
  });

  it('asks for nothing before it is read', async () => {
    const { source, pulled } = sourceOf('a', 'b');
    const { stream } = await follow(source);
    await turn();
    assert.equal(pulled(), 0);
    const reader = stream.getReader();
    await reader.read();
    await turn();
    assert.equal(pulled(), 1);
  });

  it('fails as its source does', async () => {
    const { stream, noted } = await follow(sourceOf('a', '!').source);
    const reader = stream.getReader();
    await reader.read();
    await assert.rejects(reader.read(), { message: 'broken' });
    assert.deepEqual(noted, ['chunk a', 'error: broken']);
  });

  it('is aborted where its reader leaves, which its source is told', async () => {
    const { source, cancelled } = sourceOf('a', 'b');
    const { stream, noted } = await follow(source);
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel('left');
    assert.deepEqual(noted, ['chunk a', 'aborted']);
    assert.equal(cancelled(), 'left');
  });

  it('that nobody began to read is completed a moment later, since the app may have put it aside', async () => {
    const { source, cancelled } = sourceOf('a');
    const { stream, noted } = await follow(source);
    await stream.cancel('aside');
    assert.deepEqual([noted, cancelled()], [[], 'aside']);
    await turn();
    assert.deepEqual(noted, ['completed']);
  });

  it('that nobody began to read is aborted where the client has left, or is found to have', async () => {
    const gone = await follow(sourceOf('a').source);
    gone.client.abort();
    await gone.stream.cancel();
    assert.deepEqual(gone.noted, ['aborted']);
    const later = await follow(sourceOf('a').source);
    await later.stream.cancel();
    later.client.abort();
    await turn();
    assert.deepEqual(later.noted, ['aborted']);
  });

  it('passes chunks on that cannot be recorded', async () => {
    const { stream, noted } = await follow(sourceOf('a').source, { fails: true });
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(chunks.length, 1);
    assert.deepEqual(noted, ['failed write', 'completed']);
  });
});
