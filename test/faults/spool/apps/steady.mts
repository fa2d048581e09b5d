/** Ends traces at a steady rate, and measures what that costs. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createTracer } from '@openlayer-tracing/core';

const tracer = createTracer(JSON.parse(String(process.env.TRACING)));
const total = Number(process.env.TRACES);
const passage = 'The library lends up to twelve items at a time. '.repeat(40);
process.on('disconnect', () => process.exit(1));
console.log('listening 0');

async function end(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const trace = tracer.startTrace({ name: 'work', input: { question: 'why' } });
    trace.update({ output: passage });
    trace.end();
    if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

await end(2000);
globalThis.gc?.();
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
const cpu = process.cpuUsage();
await end(total);
const { user, system } = process.cpuUsage(cpu);
delays.disable();
console.log(
  `result ${JSON.stringify({
    cpuMicros: (user + system) / total,
    rssMb: process.memoryUsage.rss() / 1048576,
    longestMs: delays.percentile(99.9) / 1e6 - 1,
    spooled: tracer.stats().spooled,
  })}`,
);
setInterval(() => {}, 1000);
