/** What is published of requests that were open when their process was killed. */

import assert from 'node:assert/strict';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { httpOf } from '../../contract/harness/stage.ts';
import { startCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { publishingTo, start } from './support.ts';

/** The row of a request whose process is killed `openMs` after its work has begun. */
async function rowOf(
  framework: string,
  openMs: number,
  path = '/chat/t-secret?page=1',
): Promise<WireRow> {
  await using collector = await startCollector();
  using folder = temporaryFolder();
  const variables = {
    ...publishingTo(collector.server.url),
    OPENLAYER_SPOOL_DIR: folder.path,
    FRAMEWORK: framework,
  };
  await using app = start('open-requests.mts', variables);
  const port = await app.port;
  fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'x-request-id': 'open', 'content-type': 'application/json' },
    body: '{"question":"why?","password":"hush"}',
  }).catch(() => {});
  assert.match(await app.line(), /listening/);
  assert.equal(await app.line(), 'waiting');
  await new Promise((resolve) => setTimeout(resolve, openMs));
  await app.kill();
  await using next = start('open-requests.mts', { ...variables, FRAMEWORK: 'none' });
  await next.port;
  const row = await collector.row('open');
  assert.doesNotMatch(JSON.stringify(row), /t-secret|hush/);
  return row;
}

describe('a request that was open when its process was killed', () => {
  for (const framework of ['Express', 'Koa', 'Hono']) {
    it(`is published with what was known a second before, on ${framework}`, async () => {
      const row = await rowOf(framework, 2200);
      const [root] = row.steps as readonly [WireStep];
      const http = { method: 'POST', route: '/chat/:token', path: '/chat/[redacted]' };
      assert.deepEqual(row.metadata, {
        plan: 'pro',
        http: { ...http, outcome: 'interrupted' },
        error: 'the process ended before the trace did',
        latencyIsLowerBound: true,
      });
      assert.deepEqual(root.metadata, row.metadata);
      assert.equal(root.name, 'POST /chat/:token');
      const inputs = {
        body: { question: 'why?', password: '[redacted]' },
        query: { page: '1' },
        params: { token: '[redacted]' },
      };
      assert.deepEqual(root.inputs, inputs);
      assert.deepEqual({ body: row.body, query: row.query, params: row.params }, inputs);
      const { user_id: user, session_id: session, _question: question, plan } = row;
      assert.deepEqual([user, session, question, plan], ['ada', 's-1', 'why?', 'pro']);
      assert.deepEqual(
        root.steps.map(({ name, type, output, metadata }) => [name, type, output, metadata]),
        [
          ['retrieve', 'retriever', ['a page'], {}],
          ['think', 'user_call', null, { unfinished: true }],
        ],
      );
      assert.equal(row.latency, root.latency);
      assert.ok(row.latency >= 1000 && row.latency < 4000, `${row.latency} ms`);
      assert.ok(root.endTime >= (root.steps[1]?.endTime ?? Number.NaN));
    });
  }

  for (const framework of ['Express', 'Koa', 'Hono']) {
    it(`is published with what was sent of its output, on ${framework}`, async () => {
      const row = await rowOf(framework, 2200, '/answer');
      assert.equal(row.output, 'About loans');
      assert.equal((row.steps as readonly [WireStep])[0].output, 'About loans');
      assert.equal(httpOf(row).outcome, 'interrupted');
    });
  }

  it('is published with its method and its masked path, if it was killed at once', async () => {
    const row = await rowOf('Express', 0);
    const [root] = row.steps as readonly [WireStep];
    const { method, path, outcome } = httpOf(row);
    assert.deepEqual([method, outcome], ['POST', 'interrupted']);
    assert.match(String(path), /^\/(\*|chat)\/(\*|\[redacted\])$/);
    assert.match(root.name, /^POST \/(\*|chat)\/(\*|:token)$/);
    assert.ok(row.latency > 0);
  });
});
