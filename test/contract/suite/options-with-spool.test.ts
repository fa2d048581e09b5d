/** When the functions among the options are called, which a spool changes: its row is written before the response is complete. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer, type SpoolMode } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import { temporaryFolder } from '../../faults/temporary-folder.ts';

/** What happened in one request, in its order. */
async function orderOf(mode: SpoolMode): Promise<readonly string[]> {
  using folder = temporaryFolder();
  const transport = memoryTransport();
  const tracer = createTracer({ transport, spool: { dir: folder.path, mode } });
  const order: string[] = [];
  const note = (what: string) => void order.push(what);
  const noted = <T>(what: string, result: T) => {
    note(what);
    return result;
  };
  const app = express().use(
    openlayerTracing({
      tracer,
      name: () => note('name'),
      input: () => note('input'),
      output: (body) => noted('output', body),
      user: () => note('user'),
      session: () => note('session'),
      metadata: () => note('metadata'),
      sample: () => noted('sample', true),
    }),
  );
  app.get('/', (_req, res) => {
    res.on('finish', () => note('response finished'));
    res.send('Hello!');
  });
  const server = app.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'Hello!');
  while (tracer.stats().open > 0) await new Promise(setImmediate);
  await tracer.shutdown();
  server.close();
  assert.equal(transport.rows.length, 1);
  return order;
}

const AT_END = ['output', 'input', 'user', 'session', 'metadata', 'name'];

describe('the functions among the options', () => {
  it('are called before the last bytes of the response are sent if a spool writes its row by then', async () => {
    assert.deepEqual(await orderOf('wal'), [...AT_END, 'response finished', 'sample']);
  });

  for (const mode of ['failure-only', 'off'] as const) {
    it(`are called after the response with a spool in the mode ${mode}`, async () => {
      assert.deepEqual(await orderOf(mode), ['response finished', ...AT_END, 'sample']);
    });
  }
});
