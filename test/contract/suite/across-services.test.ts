/** A service calls a second one, and that a third: their rows are parts of one trace. */

import assert from 'node:assert/strict';
import { expressVersions } from '../express/frameworks.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { stageOf } from '../harness/stage.ts';
import { hono } from '../hono/frameworks.ts';
import { koa3 } from '../koa/frameworks.ts';

const FRAMEWORKS = [expressVersions.at(-1), koa3, hono] as readonly Framework[];

interface Ids {
  readonly span_id: string;
  readonly parent_span_id?: string;
}

describe('a trace across services', () => {
  for (const [i, first] of FRAMEWORKS.entries()) {
    const second = FRAMEWORKS[(i + 1) % 3] as Framework;
    const third = FRAMEWORKS[(i + 2) % 3] as Framework;
    it(`goes from ${first.name} over ${second.name} to ${third.name}`, async () => {
      let sent = '';
      const calling = (next: string | undefined) => (app: App) =>
        app.route('GET', '/', async ({ trace }) => {
          if (next === undefined) return { text: 'the end' };
          return trace.step('call', async () => {
            const headers = trace.headers();
            sent = headers.traceparent ?? '';
            return { text: await (await fetch(next, { headers })).text() };
          });
        });
      await using last = await stageOf(third, { define: calling(undefined) });
      await using middle = await stageOf(second, { define: calling(last.url) });
      await using outer = await stageOf(first, { define: calling(middle.url) });
      const headers = { 'x-request-id': 'chain', tracestate: 'foo=1' };
      assert.equal(await (await fetch(outer.url, { headers })).text(), 'the end');
      const rows = [await outer.only(), await middle.only(), await last.only()];
      assert.equal(new Set(rows.map(({ trace_id }) => trace_id)).size, 1);
      assert.match(String(rows[0]?.trace_id), /^[0-9a-f]{32}$/);
      const ids = rows.map(({ metadata }) => metadata?.otel as unknown as Ids);
      assert.equal(ids[0]?.parent_span_id, undefined);
      // The parents are the steps that called, not the requests that they belong to.
      const spans = new Set(ids.map(({ span_id }) => span_id));
      for (const { parent_span_id } of ids.slice(1)) {
        assert.match(parent_span_id ?? '', /^[0-9a-f]{16}$/);
        assert.ok(!spans.has(parent_span_id ?? ''));
      }
      assert.equal(sent.split('-')[2], ids[2]?.parent_span_id);
      assert.deepEqual(
        rows.map(({ inferenceId }) => inferenceId.replace(/:\d+$/, '')),
        ['chain', 'chain', 'chain'],
      );
    });
  }
});
