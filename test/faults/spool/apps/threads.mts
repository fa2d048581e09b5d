/** Threads that each have a tracer of their own. Some are ended from outside, at some moment; the others finish. */

import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { createTracer } from '@openlayer-tracing/core';

const THREADS = 4;
const TRACES = 1000;
const { ACKED, TRACING } = process.env;

if (isMainThread) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
  const threads = Array.from(
    { length: THREADS },
    (_, workerData) => new Worker(new URL(import.meta.url), { workerData }),
  );
  for (const thread of threads.slice(0, THREADS / 2)) {
    thread.once('message', () => thread.terminate());
  }
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  process.exit(0);
} else {
  const { parentPort } = await import('node:worker_threads');
  const tracer = createTracer(JSON.parse(String(TRACING)));
  const file = openSync(String(ACKED), 'a');
  for (let i = 0; i < TRACES; i++) {
    const inferenceId = `thread-${workerData}-${i}`;
    tracer.startTrace({ name: 'work', inferenceId, input: { question: 'why' } }).end();
    await new Promise((resolve) => setImmediate(resolve));
    writeSync(file, `${inferenceId}\n`);
    if (i === TRACES / 2) parentPort?.postMessage('half');
  }
}
