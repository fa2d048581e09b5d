/** What a user's app on Hono does: one traced request, without a server. It ends by itself. */

import { openlayerTracing, shutdown, step } from '@openlayer-tracing/hono';
import { Hono } from 'hono';

const app = new Hono();
app.use(openlayerTracing());
app.get('/hono/:name', async (c) => {
  const greeting = await step('greet', async () => `Hello ${c.req.param('name')}`);
  c.var.trace.update({ userId: 'ada' });
  return c.json({ greeting });
});

const headers = { 'x-request-id': 'from-hono' };
const answer = await app.request('/hono/world', { headers });
console.log(answer.status, answer.headers.get('x-request-id'), await answer.text());
await shutdown();
