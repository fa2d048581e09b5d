/** What throws while a trace begins costs that fact alone: the request is answered, and its trace has the rest. */

import assert from 'node:assert/strict';
import { createTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { httpOf } from '../harness/stage.ts';

const fail = (): never => {
  throw new Error('not for you');
};

/** Has a property of the object throw whenever it is read. */
function breakProperty(holder: object, name: string): void {
  Object.defineProperty(holder, name, { get: fail, configurable: true });
}

/** What is broken before the middleware runs; the handler finds the context as it was. */
const BROKEN: Readonly<Record<string, (c: Context) => void>> = {
  'the query parser': (c) => {
    c.req.queries = fail as never;
  },
  'the header function': (c) => {
    c.req.header = fail as never;
  },
  'the headers': (c) => breakProperty(c.req.raw, 'headers'),
  'the signal': (c) => breakProperty(c.req.raw, 'signal'),
  'the URL': (c) => breakProperty(c.req.raw, 'url'),
  'the method': (c) => breakProperty(c.req.raw, 'method'),
  'the environment': (c) => breakProperty(c, 'env'),
  'the platform’s context': (c) => breakProperty(c, 'executionCtx'),
  'the variables': (c) => {
    c.get = fail as never;
  },
  'what makes responses': (c) => breakProperty(c, 'newResponse'),
  'the matched routes': (c) => breakProperty(c.req, 'matchedRoutes'),
  'the parameters': (c) => {
    c.req.param = fail as never;
  },
  'what was read of the body': (c) => breakProperty(c.req, 'bodyCache'),
};

/** URLs that no browser would send, as a server may hand them over. */
const URLS: readonly string[] = [
  'http://x/a?q=%E0%A4%A',
  'http://x/a?%zz=1&=2&&',
  'http://x/%E0%A4%A/%',
  'http://x?q',
  'http://x/a?q=1#fragment?not=query',
  '/relative?q=1',
  'a?b=c',
  '',
];

async function rowsOf(run: (tracing: MiddlewareHandler) => Promise<void>) {
  const transport = memoryTransport();
  const reasons: string[] = [];
  const onDiagnostic = ({ reason }: { reason: string }) => reasons.push(reason);
  const tracer = createTracer({ transport, onDiagnostic });
  await run(openlayerTracing({ tracer, capture: { headers: ['x-plan'] } }));
  await tracer.flush();
  const { started, open, published } = tracer.stats();
  await tracer.shutdown();
  assert.deepEqual({ started, open, published }, { started: 1, open: 0, published: 1 });
  assert.equal(transport.rows.length, 1);
  const [row] = transport.rows;
  assert.ok(row);
  return { row, reasons };
}

describe('Hono, where a trace begins', () => {
  for (const [title, breakIt] of Object.entries(BROKEN)) {
    it(`${title} may throw`, async () => {
      const { row } = await rowsOf(async (tracing) => {
        const app = new Hono();
        app.use(async (c, next) => {
          breakIt(c);
          await next();
        });
        app.use(tracing);
        app.post('/a/:id', async (c) => {
          const text = await c.var.trace.step('work', async () => 'ok');
          return new Response(text);
        });
        const response = await app.request('/a/1?q=1', { method: 'POST', body: 'in' });
        assert.equal(response.status, 200);
        assert.equal(await response.text(), 'ok');
      });
      assert.deepEqual(
        [httpOf(row).status, httpOf(row).outcome, row.output],
        [200, 'completed', 'ok'],
      );
      assert.deepEqual(
        row.steps[0]?.steps.map(({ name }) => name),
        ['work'],
      );
    });
  }

  for (const url of URLS) {
    it(`the URL ${JSON.stringify(url)} may be what it is`, async () => {
      const request = { method: 'GET', url, headers: new Headers() } as Request;
      const answer = async (tracing: MiddlewareHandler) => {
        const app = new Hono({ getPath: () => '/a' });
        app.use(tracing);
        app.get('/a', (c) => c.text('ok'));
        const response = await app.fetch(request);
        assert.deepEqual([response.status, await response.text()], [200, 'ok']);
      };
      const { row, reasons } = await rowsOf(answer);
      assert.deepEqual([httpOf(row).status, row.output, row.steps[0]?.name], [200, 'ok', 'GET /a']);
      assert.deepEqual(reasons, []);
    });
  }
});
