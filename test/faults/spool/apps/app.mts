/** An Express app with a spool, as a user writes it. It works for a few milliseconds, in steps, and answers. */

import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { getTracer, openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';

const options = JSON.parse(process.env.TRACING ?? '{}');
const app = express();
const begun = performance.now();
app.use(openlayerTracing(options));
const mountedMs = performance.now() - begun;
if (process.env.BEGUN !== undefined) {
  const file = openSync(process.env.BEGUN, 'a');
  app.use((req, _res, next) => {
    writeSync(file, `${req.trace.inferenceId}\n`);
    next();
  });
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const passage = 'The library lends up to twelve items at a time, for four weeks. '.repeat(8);

app.get('/chat', async (req, res) => {
  const documents = await req.trace.step({ name: 'retrieve', type: 'retriever' }, async () => {
    await wait(2);
    return [passage, passage];
  });
  const answer = await req.trace.step('answer', async () => {
    await wait(Math.random() * 6);
    return documents.join(' ');
  });
  if (req.query.mode === 'stream') {
    res.write(answer.slice(0, 100));
    await wait(3);
    res.end(answer.slice(100));
  } else if (req.query.mode === 'length') {
    res.setHeader('Content-Length', Buffer.byteLength(answer));
    res.write(answer);
    await wait(3);
    res.end();
  } else {
    res.json({ answer });
  }
});
app.get('/hang', () => {});
app.get('/late', async (req, res) => {
  await wait(Number(req.query.ms));
  res.json({});
});
app.get('/block', (req, res) => {
  const end = performance.now() + Number(req.query.ms);
  while (performance.now() < end);
  res.json({});
});
app.get('/exit', (_req, _res) => process.exit(3));
app.get('/throw', () => {
  setTimeout(() => {
    throw new Error('thrown by the app');
  });
});
app.get('/reject', () => {
  setTimeout(() => Promise.reject(new Error('rejected by the app')));
});
app.get('/abort', () => process.abort());
app.get('/leak', () => {
  for (const all: object[] = []; ; ) all.push({ next: all.length });
});
app.get('/configure', async (req, res) => {
  const { configure } = await import('@openlayer-tracing/express');
  configure({ ...options, apiKey: String(req.query.key) });
  res.json({});
});
app.get('/stats', (_req, res) => {
  const rss = process.memoryUsage.rss();
  res.json({ stats: getTracer().stats(), rss, mountedMs });
});
app.get('/clock', (req, res) => {
  const { now } = Date;
  Date.now = () => now() + Number(req.query.ms);
  res.json({});
});
app.get('/flush', async (_req, res) => {
  await getTracer().flush();
  res.json({});
});
app.get('/shutdown', async (req, res) => {
  const start = performance.now();
  await getTracer().shutdown({ deadlineMs: Number(req.query.ms) });
  const tookMs = performance.now() - start;
  res.json({ tookMs, stats: getTracer().stats() });
});

// Nobody is left to ask.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const server = createServer(app);
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening ${typeof address === 'object' ? address?.port : ''}`);
});
