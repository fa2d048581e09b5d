/** Answers of jobs that are long, or break. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';

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
