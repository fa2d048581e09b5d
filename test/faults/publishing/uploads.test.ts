/** Collectors that do not let an upload come to its end. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Tracer } from '@openlayer-tracing/core';
import { boundedTest } from '../../support/bounded-test.ts';
import { watchConservation } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { bytesInUse, MEGABYTE } from '../../support/memory.ts';
import { resetAfter } from './misdeeds.ts';
import { publish, quickTracer, until } from './support.ts';

/** Far more than the buffers between two sockets take. */
const LARGE = { maxBatchBytes: 16_000_000, maxDelayMs: 60_000 };

function publishLarge(tracer: Tracer, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const trace = tracer.startTrace('large');
    for (let i = 0; i < 14; i++) trace.addStep({ name: 's', output: 'x'.repeat(60_000) });
    trace.end();
  }
  const { queuedBytes } = tracer.stats();
  assert.ok(queuedBytes > rows * 690_000, `${queuedBytes} bytes wait`);
}

describe('an upload to a collector that', () => {
  const slow: Record<string, (socket: Socket) => void> = {
    'reads nothing': () => {},
    'reads a byte now and then': (socket) => {
      const timer = setInterval(() => socket.read(1), 10);
      socket.on('readable', () => {}).on('close', () => clearInterval(timer));
    },
  };

  for (const [what, read] of Object.entries(slow)) {
    boundedTest(`${what} is given up at timeoutMs, and memory stays flat`, async () => {
      await using server = await startFaultyCollector({
        connection(socket) {
          read(socket);
          return true;
        },
      });
      const { tracer } = quickTracer(server.url, { timeoutMs: 40, batch: LARGE });
      publishLarge(tracer, 12);
      using _watch = watchConservation(tracer);
      const flushed = tracer.flush();
      await until('there were ten tries', () => server.connections >= 10);
      const before = bytesInUse();
      // Each try has eight megabytes to send.
      await until('there were twenty more', () => server.connections >= 30);
      const more = bytesInUse() - before;
      assert.ok(more < 64 * MEGABYTE, `${more} bytes more after ${server.connections} tries`);
      await tracer.shutdown({ deadlineMs: 0 });
      await flushed;
      assert.deepEqual(tracer.stats().dropped, { shut_down: 12 });
    });
  }

  it('resets it after any number of bytes gets each row once', async () => {
    const TRIES = 60;
    await using server = await startFaultyCollector({
      connection(socket, n) {
        if (n >= TRIES) return false;
        // Behind its last byte as well.
        resetAfter(1 + n * 150)(socket);
        socket.on('readable', () => setTimeout(() => socket.resetAndDestroy(), 30));
        return true;
      },
    });
    const { tracer } = quickTracer(server.url, { retry: { baseMs: 1, capMs: 1 } });
    using _watch = watchConservation(tracer);
    publish(tracer, 8, 'row', 'x'.repeat(300));
    await server.takes(8);
    await until('all is counted', () => tracer.stats().published === 8);
    assert.equal(server.connections, TRIES + 1);
    const bytes = server.arrivals[0]?.bytes ?? 0;
    assert.ok(bytes > 5000 && bytes < TRIES * 150, `an upload is ${bytes} bytes`);
    assert.deepEqual(new Set(server.taken.values()), new Set([1]));
  });

  it('resets it while most of it is still to be sent gets each row once', async () => {
    const at = [1, 64_000, 1_000_000, 3_000_000, 6_000_000, 9_000_000];
    await using server = await startFaultyCollector({
      connection(socket, n) {
        const bytes = at[n];
        if (bytes === undefined) return false;
        let read = 0;
        socket.on('data', (chunk: Buffer) => {
          read += chunk.byteLength;
          if (read >= bytes) socket.resetAndDestroy();
        });
        return true;
      },
    });
    const { tracer } = quickTracer(server.url, { batch: LARGE });
    using _watch = watchConservation(tracer);
    publishLarge(tracer, 12);
    await tracer.flush();
    assert.equal(server.connections, at.length + 1);
    assert.equal(tracer.stats().published, 12);
    assert.deepEqual(new Set(server.taken.values()), new Set([1]));
  });
});
