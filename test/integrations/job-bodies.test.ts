/** Answers of jobs that are long, or break. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { rowsOf } from './stage.ts';

/** The step of a direct run at fal that is answered so. */
async function stepOf(body: ReadableStream): Promise<WireStep> {
  using captured = captureTraces();
  const headers = { 'content-type': 'application/json' };
  const send = tracedFetch({ fetch: async () => new Response(body, { headers }) });
  const asked = { method: 'POST', body: JSON.stringify({ prompt: 'hi' }) };
  const response = await send('https://fal.run/fal-ai/flux', asked);
  await response.text().catch(() => {});
  const [row] = await captured.rows();
  const step = row?.steps[0];
  assert.ok(step);
  return step;
}

function inPieces(said: string): ReadableStream {
  const pieces = (said.match(/.{1,65536}/g) ?? []).values();
  return new ReadableStream({
    pull(controller) {
      const { value } = pieces.next();
      if (value === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
  });
}

describe('the result of a job', () => {
  it('is recorded however long it is', async () => {
    const url = `data:image/png;base64,${'iVBORw0KGgoA'.repeat(150_000)}`;
    const step = await stepOf(inPieces(JSON.stringify({ images: [{ url }], seed: 7 })));
    assert.match(JSON.stringify(step.output), /image\/png, \d+ bytes/);
  });

  it('is not complete if its connection breaks', async () => {
    const step = await stepOf(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"images":[')),
        pull: (controller) => controller.error(new TypeError('terminated')),
      }),
    );
    assert.equal(step.metadata?.error, 'terminated');
  });
});

describe('a state of a job that the app does not read', () => {
  it('changes nothing of what is known of the job', async () => {
    using captured = captureTraces();
    const prediction = { id: 'p1', version: 'v', status: 'starting', urls: {} };
    const send = tracedFetch({ fetch: async () => Response.json(prediction) });
    const url = 'https://api.replicate.com/v1/predictions';
    await trace(async () => {
      await (await send(url, { method: 'POST', body: '{"version":"v","input":{}}' })).json();
      await (await send(`${url}/p1`)).body?.cancel();
    })();
    const [row] = await rowsOf(captured, 1);
    const step = row?.steps[0]?.steps[0];
    assert.deepEqual([step?.metadata.responseId, step?.metadata.version], ['p1', 'v']);
  });

  it('does not end the job', async () => {
    using captured = captureTraces();
    const queued = { request_id: 'r1', status: 'IN_QUEUE' };
    const replies = [queued, { images: [] }, { images: ['a'] }].values();
    const send = tracedFetch({ fetch: async () => Response.json(replies.next().value) });
    const url = 'https://queue.fal.run/fal-ai/flux';
    await (await send(url, { method: 'POST', body: '{"prompt":"hi"}' })).json();
    await (await send(`${url}/requests/r1`)).body?.cancel();
    await (await send(`${url}/requests/r1`)).json();
    const [row] = await captured.rows();
    assert.deepEqual(row?.steps[0]?.output, { images: ['a'] });
  });

  it('ends the job if it is the answer that the job was cancelled', async () => {
    using captured = captureTraces();
    const replies = [
      { request_id: 'r2', status: 'IN_QUEUE' },
      { status: 'CANCELLATION_REQUESTED' },
    ];
    const left = replies.values();
    const send = tracedFetch({ fetch: async () => Response.json(left.next().value) });
    const url = 'https://queue.fal.run/fal-ai/flux';
    await (await send(url, { method: 'POST', body: '{"prompt":"hi"}' })).json();
    await (await send(`${url}/requests/r2/cancel`, { method: 'PUT' })).body?.cancel();
    const [row] = await rowsOf(captured, 1);
    const step = row?.steps[0];
    assert.deepEqual(
      [step?.metadata.finishReason, step?.metadata.ended, step?.metadata.partial],
      ['CANCELLED', undefined, undefined],
    );
  });
});
