/** Bodies that are in memory when they are returned: the runtime sends them with their length, so they stay what they are. */

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono } from 'hono';
import { startCollector } from '../../support/collector.ts';

const TEXT = JSON.stringify({ answer: 'Because.' });
const zipped = Uint8Array.from(gzipSync(TEXT));
const packed = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream' };

const BODIES: Readonly<Record<string, (c: Context) => Response>> = {
  'bytes that the app compressed': (c) => c.body(zipped, 200, packed),
  'a buffer that the app compressed': (c) => c.body(zipped.buffer, 200, packed),
  'events as one string': (c) => c.body('data: {"answer":"Because."}\n\n', 200, events),
  'a string of a new response': (c) => c.newResponse('data: x\n\n', 200, events),
  'a text': (c) => c.text('Because.'),
  JSON: (c) => c.json({ answer: 'Because.' }),
};

describe('a body in memory on Hono', () => {
  for (const [what, make] of Object.entries(BODIES)) {
    it(`is sent in the response that the handler returned: ${what}`, async () => {
      await using collector = await startCollector();
      let made: Response | undefined;
      let sent: Response | undefined;
      const app = new Hono();
      app.use(async (c, next) => {
        await next();
        sent = c.res;
      });
      app.use(openlayerTracing({ tracer: collector.createTracer() }));
      app.get('/', (c) => {
        made = make(c);
        return made;
      });
      const bare = await make(await contextOf()).text();
      const response = await app.fetch(new Request('http://localhost/'));
      assert.equal(sent, made);
      assert.equal(await response.text(), bare);
      const [row] = await collector.exactly(1);
      assert.match(JSON.stringify(row?.output), /Because|x/);
    });
  }
});

/** A context without tracing. */
async function contextOf(): Promise<Context> {
  let context: Context | undefined;
  const app = new Hono();
  app.get('/', (c) => {
    context = c;
    return c.text('');
  });
  await app.fetch(new Request('http://localhost/'));
  assert.ok(context);
  return context;
}
