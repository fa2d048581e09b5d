/** What a user's CommonJS app does: one traced request. It ends by itself. */

const { openlayerTracing, shutdown, step } = require('@openlayer-tracing/express');
const express = require('express');

const app = express();
app.use(openlayerTracing());
app.get('/cjs/:name', async (req, res) => {
  const greeting = await step('greet', async () => `Hello ${req.params.name}`);
  req.trace.update({ userId: 'ada' });
  res.json({ greeting });
});

const server = app.listen(0, '127.0.0.1', async () => {
  const headers = { 'x-request-id': 'from-cjs' };
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/cjs/world`, { headers });
  console.log(answer.status, answer.headers.get('x-request-id'), await answer.text());
  server.close();
  await shutdown();
});
