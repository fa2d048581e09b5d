/** An app that has our packages twice, imported and required, and mounts both. */

import { get } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import * as imported from '@openlayer-tracing/express';
import express from 'express';

const required = createRequire(import.meta.url)('@openlayer-tracing/express') as typeof imported;
const app = express();
app.use(imported.openlayerTracing(), required.openlayerTracing());
app.get('/', async (req, res) => {
  await required.step('by the required one', () =>
    imported.step('by the imported one', () => req.trace.step('by the request', () => null)),
  );
  res.json({ isOne: imported.step === required.step });
});
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const headers = { 'x-request-id': 'once' };
  get({ port, path: '/', agent: false, headers }, (response) => {
    response.on('data', (chunk) => console.log(String(chunk))).on('end', () => server.close());
  });
});
