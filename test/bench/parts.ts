/** What the parts cost, in one process and without HTTP: a whole trace, a step, a kilobyte, an open request, a published row. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createTracer,
  SendError,
  type StartedTrace,
  type Tracer,
  type Transport,
} from '@openlayer-tracing/core';
import { measureHeaders } from './headers.ts';
import { measureSpans } from './spans.ts';

export interface Part {
  readonly name: string;
  readonly value: string;
}

/** Takes everything and keeps nothing. */
const nowhere: Transport = {
  send: async (batch) => ({ delivered: batch.rows.length, lost: {} }),
  close() {},
};

const tracer = (limits = {}): Tracer =>
  createTracer({ transport: nowhere, publish: true, limits, logLevel: 'off' });

const PASSAGE = 'The library lends up to twelve items at a time, for four weeks, and renews them. ';

/** Microseconds of one call, the best of several runs: what the machine can do when it is left alone. */
async function microsOf(work: () => Promise<void> | void, times: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 7; run++) {
    const start = process.cpuUsage();
    for (let i = 0; i < times; i++) {
      const result = work();
      if (result !== undefined) await result;
      // The publisher's sends have their turn.
      if (i % 100 === 99) await new Promise(setImmediate);
    }
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / times);
  }
  return best;
}

async function nested(trace: StartedTrace, depth: number, output: unknown): Promise<unknown> {
  if (depth === 0) return output;
  return trace.step({ name: `step ${depth}`, type: 'chain', inputs: { depth } }, () =>
    nested(trace, depth - 1, output),
  );
}

async function traceOf(on: Tracer, steps: number, output: unknown): Promise<void> {
  const trace = on.startTrace({ name: 'bench', input: { question: PASSAGE } });
  await trace.run(() => nested(trace, steps, output));
  trace.end();
}

async function manySteps(on: Tracer, count: number): Promise<void> {
  const trace = on.startTrace('many');
  for (let i = 0; i < count; i++) await trace.step('one', async () => i);
  trace.end();
}

async function memoryPerOpenTrace(): Promise<number> {
  const on = tracer();
  const count = 5000;
  const open: StartedTrace[] = [];
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) {
    const trace = on.startTrace({ name: 'open', input: { question: PASSAGE } });
    trace.startStep({ name: 'search', type: 'retriever', inputs: { question: PASSAGE } });
    open.push(trace);
  }
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  for (const trace of open) trace.end();
  await on.shutdown();
  return bytes;
}

/** Rows that a process finds on disk and sends to nowhere, without the pauses that spare the platform. */
async function rowsReplayedPerSecond(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'openlayer-bench-'));
  const count = 20_000;
  const options = { publish: true, spool: { dir }, logLevel: 'off' } as const;
  const failing: Transport = {
    send: async () => {
      throw new SendError('unreachable', 'nobody is there');
    },
    close() {},
  };
  const before = createTracer({ ...options, transport: failing });
  for (let i = 0; i < count; i++) {
    before.startTrace({ name: 'row', input: { question: PASSAGE.repeat(20) } }).end();
    if (i % 500 === 499) await new Promise(setImmediate);
  }
  await before.shutdown();
  const start = performance.now();
  const after = createTracer({ ...options, transport: nowhere, retry: { baseMs: 0 } });
  while (after.stats().adopted.published < count) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const perSecond = (count / (performance.now() - start)) * 1000;
  await after.shutdown();
  rmSync(dir, { recursive: true, force: true });
  return perSecond;
}

/** Rows that a publisher delivers to a server on this machine, with all of the server's work on the same processor. */
async function rowsPerSecond(): Promise<number> {
  const server = createServer((req, res) => {
    req.resume().on('end', () => res.end('{"success":true}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const on = createTracer({
    apiKey: 'bench',
    inferencePipelineId: 'bench',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
  });
  const count = 20_000;
  let best = 0;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      on.startTrace({ name: 'row', input: { question: PASSAGE.repeat(20) } }).end();
      if (i % 500 === 499) await new Promise(setImmediate);
    }
    await on.flush();
    best = Math.max(best, (count / (performance.now() - start)) * 1000);
  }
  await on.shutdown();
  server.close();
  return best;
}

export async function measureParts(): Promise<readonly Part[]> {
  const on = tracer({ maxSteps: 20_000, maxTraceChars: 50_000_000 });
  const text = (kilobytes: number) => PASSAGE.repeat((kilobytes * 1024) / PASSAGE.length);
  const documents = (kilobytes: number) =>
    Array.from({ length: kilobytes * 4 }, (_, id) => ({
      id,
      score: 0.5,
      text: text(0.25).slice(0, 200),
    }));
  const empty = await microsOf(() => traceOf(on, 0, null), 3000);
  const three = await microsOf(() => traceOf(on, 3, null), 3000);
  const one = await microsOf(() => traceOf(on, 1, null), 3000);
  const withText = await microsOf(() => traceOf(on, 1, text(8)), 2000);
  const withDocuments = await microsOf(() => traceOf(on, 1, documents(8)), 1000);
  const thousand = await microsOf(() => manySteps(on, 1000), 5);
  const tenThousand = await microsOf(() => manySteps(on, 10_000), 1);
  await on.shutdown();
  return [
    ...(await measureSpans()),
    ...(await measureHeaders()),
    { name: 'a trace without steps, least of 7 runs', value: `${empty.toFixed(1)} µs` },
    {
      name: 'a nested asynchronous step, least of 7 runs',
      value: `${((three - empty) / 3).toFixed(1)} µs`,
    },
    {
      name: 'a KB of output that is one text, least of 7 runs',
      value: `${((withText - one) / 8).toFixed(2)} µs`,
    },
    {
      name: 'a KB of output that is objects, least of 7 runs',
      value: `${((withDocuments - one) / 8).toFixed(2)} µs`,
    },
    {
      name: 'a step of a trace of 1,000, least of 7 runs',
      value: `${(thousand / 1000).toFixed(2)} µs`,
    },
    {
      name: 'a step of a trace of 10,000, least of 7 runs',
      value: `${(tenThousand / 10_000).toFixed(2)} µs`,
    },
    {
      name: 'memory of an open trace with one step',
      value: `${Math.round(await memoryPerOpenTrace())} bytes`,
    },
    {
      name: 'rows published, of 4 KB each, most of 5 runs',
      value: `${Math.round(await rowsPerSecond())} per second`,
    },
    {
      name: 'rows replayed from disk, of 4 KB each',
      value: `${Math.round(await rowsReplayedPerSecond())} per second`,
    },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measureParts()));
}
