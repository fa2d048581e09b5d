/** Health shows what an app says of itself, without a call more than those that send its rows. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/core';
import { useViewer, type Viewer } from './support.ts';

describe('the counts of an app', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;
  before(() => {
    viewer = started();
  });

  it('are on Health once it has sent rows', async () => {
    const tracer = createTracer({
      baseUrl: viewer.server.url,
      ...{ apiKey: 'any', inferencePipelineId: 'counted', handleSignals: false },
    });
    for (const name of ['one', 'two', 'three']) {
      tracer.startTrace({ name }).end();
      await tracer.flush();
    }
    const { page, complaints } = await viewer.open('/health');
    const app = page.locator('article', { hasText: `process ${process.pid}` });
    await app.getByRole('heading', { name: /pipeline counted/ }).waitFor();
    const facts = await app.locator('dl > div').allTextContents();
    assert.deepEqual(facts, ['Started3', 'Published2', 'Queued1']);
    await app.getByText('All counts').click();
    const counts = app.getByRole('treegrid');
    for (const line of [/started:\s?3/, /published:\s?2/, /queued:\s?1/]) {
      await counts.getByRole('row').filter({ hasText: line }).waitFor();
    }
    // The next report leaves open what is open.
    tracer.startTrace({ name: 'four' }).end();
    await tracer.flush();
    await counts
      .getByRole('row')
      .filter({ hasText: /started:\s?4/ })
      .waitFor();
    await tracer.shutdown();
    assert.deepEqual(viewer.server.problems, []);
    assert.deepEqual(complaints, []);
  });

  it('say what was sampled out and what was lost, and why', async () => {
    const stats = {
      started: 9,
      published: 4,
      queued: 0,
      sampledOut: 3,
      dropped: { queue_full: 2 },
    };
    await fetch(`${viewer.server.url}/inference-pipelines/odd/data-stream`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer any',
        'content-type': 'application/json',
        'x-openlayer-tracing-stats': JSON.stringify({ name: 'process 1', stats }),
      },
      body: '{}',
    });
    const { page } = await viewer.open('/health');
    const app = page.locator('article', { hasText: 'pipeline odd' });
    await app.waitFor();
    assert.deepEqual(await app.locator('dl > div').allTextContents(), [
      ...['Started9', 'Published4', 'Queued0'],
      ...['Sampled out3', 'Lost2 queue_full'],
    ]);
  });

  it('are sent with rows alone, and to no platform elsewhere', async () => {
    const seen: (readonly [string, boolean])[] = [];
    const platform = createServer((request, response) => {
      request.resume().on('end', () => {
        const path = request.url?.split('/').at(-1) ?? '';
        seen.push([`${request.method} ${path}`, 'x-openlayer-tracing-stats' in request.headers]);
        response.setHeader('content-type', 'application/json').end('{"success":true}');
      });
    });
    await new Promise<void>((resolve) => platform.listen(0, resolve));
    try {
      const { port } = platform.address() as AddressInfo;
      // Names that lead to this machine, but that are not its own for a client.
      for (const host of ['127.0.0.1', '0.0.0.0']) {
        const tracer = createTracer({
          baseUrl: `http://${host}:${port}/v1`,
          dangerouslyAllowHttp: true,
          ...{ apiKey: 'any', inferencePipelineId: 'counted', handleSignals: false },
        });
        tracer.startTrace({ name: 'one', inferenceId: 'one' }).end();
        await tracer.flush();
        await tracer.feedback('one', { score: 1 });
        await tracer.shutdown();
      }
      assert.deepEqual(seen, [
        ['POST data-stream', true],
        ['PUT rows?inferenceId=one', false],
        ['POST data-stream', false],
        ['PUT rows?inferenceId=one', false],
      ]);
    } finally {
      platform.close();
      platform.closeAllConnections();
    }
  });
});
