/** What the headers for other services cost. */

import { fileURLToPath } from 'node:url';
import { createTracer, type Transport } from '@openlayer-tracing/core';
import type { Part } from './parts.ts';

/** Takes everything and keeps nothing. */
const nowhere: Transport = {
  send: async (batch) => ({ delivered: batch.rows.length, lost: {} }),
  close() {},
};

const ROUNDS = 150;
/** In each round. */
const TRACES = 200;

/** Microseconds of the call of one, on average. */
function microsOfEach<T>(all: readonly T[], call: (one: T) => unknown): number {
  const start = performance.now();
  for (const one of all) call(one);
  return ((performance.now() - start) / all.length) * 1000;
}

/** Microseconds of the first call of `headers()` of a trace, which makes its ids, and of the next one: the least of all rounds. */
async function headersMicros(): Promise<{ readonly first: number; readonly next: number }> {
  const tracer = createTracer({ transport: nowhere, publish: true, logLevel: 'off' });
  let first = Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const traces = Array.from({ length: TRACES }, () => tracer.startTrace('bench'));
    first = Math.min(
      first,
      microsOfEach(traces, (trace) => trace.headers()),
    );
    next = Math.min(
      next,
      microsOfEach(traces, (trace) => trace.headers()),
    );
    for (const trace of traces) trace.end();
    await tracer.flush();
  }
  await tracer.shutdown();
  return { first, next };
}

export async function measureHeaders(): Promise<readonly Part[]> {
  const { first, next } = await headersMicros();
  return [
    {
      name: 'headers() of a trace, the first call, least of 150 rounds',
      value: `${first.toFixed(2)} µs`,
    },
    {
      name: 'headers() of a trace, the next one, least of 150 rounds',
      value: `${next.toFixed(2)} µs`,
    },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measureHeaders()));
}
