/** A server with a relative spool folder, whose working directory is deleted before or after the folder is named. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openlayerTracing, shutdown } from '@openlayer-tracing/express';
import express from 'express';

const folder = mkdtempSync(join(tmpdir(), 'working-directory-'));
const leave = () => rmSync(folder, { recursive: true });
// Express asks for the working directory, which Node then remembers until it is changed.
const app = express();
process.chdir(folder);
if (process.env.GONE === 'before') leave();

const spool = process.env.OPENLAYER_SPOOL_DIR === undefined ? { dir: 'spool' } : undefined;
app.use(openlayerTracing({ spool, batch: { maxDelayMs: 10 }, retry: { baseMs: 50 } }));
app.get('/ok', (_req, res) => {
  res.json({ ok: true });
});
app.get('/leave', (_req, res) => {
  leave();
  res.json({ ok: true });
});
app.get('/close', async (_req, res) => {
  await shutdown({ deadlineMs: 200 });
  rmSync(folder, { recursive: true, force: true });
  res.json({ ok: true });
  server.close();
});
const server = createServer(app);
server.keepAliveTimeout = 1;
server.listen(0, '127.0.0.1', () => {
  console.log(`listening ${(server.address() as AddressInfo).port}`);
});
