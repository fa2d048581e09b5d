/** What a user's ESM app does: one traced request. It ends by itself. */

import { openlayerTracing, shutdown, step } from '@openlayer-tracing/express';
import express from 'express';

const app = express();
app.use(openlayerTracing());
app.get('/esm/:name', async (req, res) => {
  const greeting = await step('greet', async () => `Hello ${req.params.name}`);
  req.trace.update({ userId: 'ada' });
  res.json({ greeting });
});

const server = app.listen(0, '127.0.0.1', async () => {
  const headers = { 'x-request-id': 'from-esm' };
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/esm/world`, { headers });
  console.log(answer.status, answer.headers.get('x-request-id'), await answer.text());
  server.close();
  await shutdown();
});
