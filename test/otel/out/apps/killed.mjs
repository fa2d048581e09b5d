/** Traces into a spool until it is killed. Arguments: the URL of the backend, the folder of the spool. */

import { createTracer } from '@openlayer-tracing/core';
import { otelExport } from '@openlayer-tracing/otel';

const [, , url, dir] = process.argv;
const tracer = createTracer({
  exports: [otelExport({ url, timeoutMs: 1000 })],
  spool: { dir },
  logLevel: 'off',
});
const ended = {};
for (let i = 0; i < 20; i++) {
  const trace = tracer.startTrace({ name: `ended ${i}`, inferenceId: `ended-${i}` });
  ended[trace.inferenceId] = trace.headers().traceparent;
  trace.step('inner', () => i);
  trace.end();
}
const open = tracer.startTrace({ name: 'open', inferenceId: 'open' });
const traceparent = open.headers().traceparent;
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(JSON.stringify({ ended, open: traceparent }));
setInterval(() => {}, 1000);
