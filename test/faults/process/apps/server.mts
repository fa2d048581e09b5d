/** An Express app as a user writes it, with our middleware where TRACED=1. Its routes end the process in many ways. */

import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

const isTraced = process.env.TRACED === '1';
const app = express();
const tracing = isTraced ? await import('@openlayer-tracing/express') : undefined;
if (tracing !== undefined) {
  const batch = JSON.parse(process.env.BATCH ?? 'null') ?? undefined;
  const handleSignals = process.env.HANDLES_SIGNALS === '1';
  app.use(tracing.openlayerTracing({ batch, handleSignals }));
  if (process.env.TWICE === '1') app.use(tracing.openlayerTracing());
}

app.get('/ok', (_req, res) => {
  res.json({ ok: true });
});
app.get('/later', (_req, res) => {
  setTimeout(() => res.json({ ok: true }), 700);
});
app.get('/slow', (_req, res) => {
  setTimeout(() => res.json({ ok: true }), 60_000).unref();
});
app.get('/exit', (_req, _res) => {
  console.log('leaving');
  process.exit(3);
});
app.get('/exit-after', (_req, res) => {
  res.json({ ok: true });
  res.on('finish', () => process.exit(4));
});
app.get('/exit-code', (_req, res) => {
  process.exitCode = 5;
  res.json({ ok: true });
  server.close();
});
app.get('/throw', (_req, res) => {
  res.json({ ok: true });
  setTimeout(() => {
    throw new Error('thrown by the app');
  }, 5);
});
app.get('/throw-odd', (_req, res) => {
  res.json({ ok: true });
  setTimeout(() => {
    throw 'no error at all';
  }, 5);
});
app.get('/reject', (_req, res) => {
  res.json({ ok: true });
  setTimeout(() => Promise.reject(new TypeError('rejected by the app')), 5);
});
app.get('/abort', () => process.abort());
app.get('/close', (_req, res) => {
  res.json({ ok: true });
  server.close();
});

if (process.env.HANDLERS === '1') {
  process.on('uncaughtException', (error) => console.log('app caught', String(error)));
  process.on('unhandledRejection', (reason) => console.log('app caught', String(reason)));
}
if (process.env.DRAIN === '1') {
  process.once('SIGTERM', () => {
    server.close(async () => {
      await tracing?.shutdown({ deadlineMs: 3000 });
      console.log('drained');
    });
  });
}

const server = createServer(app);
server.keepAliveTimeout = 1;
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const { port } = server.address() as AddressInfo;
console.log(`listening ${port}`);

if (process.env.ONE_SHOT !== undefined) {
  // Serves some requests, then has nothing left to do.
  for (let i = 0; i < Number(process.env.ONE_SHOT); i++) {
    await new Promise<void>((resolve, reject) => {
      const headers = { 'x-request-id': `shot-${i}` };
      get({ port, path: '/ok', agent: false, headers }, (response) => {
        response.resume().on('close', resolve);
      }).on('error', reject);
    });
  }
  server.close(() => {
    const closed = performance.now();
    process.on('exit', () => console.log(`exit after ${performance.now() - closed} ms`));
  });
}
