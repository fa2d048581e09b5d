/** The life of a spool in few system calls: it begins, adopts what is there, fills segments and ends. */

import { openSync, writeSync } from 'node:fs';
import { createTracer } from '@openlayer-tracing/core';

const { PREFIX, ACKED, TRACING } = process.env;
const file = openSync(String(ACKED), 'a');
process.on('disconnect', () => process.exit(1));
await new Promise((resolve) => {
  process.once('message', resolve);
  console.log('listening 0');
});

const tracer = createTracer(JSON.parse(String(TRACING)));
const passage = 'The library lends up to twelve items at a time. '.repeat(14);
for (let i = 0; i < 20; i++) {
  const inferenceId = `${PREFIX}-${i}`;
  const trace = tracer.startTrace({ name: 'work', inferenceId, input: { question: 'why' } });
  await new Promise((resolve) => setImmediate(resolve));
  trace.update({ output: passage });
  trace.end();
  await new Promise((resolve) => setImmediate(resolve));
  writeSync(file, `${inferenceId}\n`);
}
await tracer.flush();
for (;;) {
  const { spooled, queued, adopted } = tracer.stats();
  if (spooled + queued + adopted.spooled === 0 && adopted.found > 0) break;
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await tracer.shutdown();
process.exit(0);
