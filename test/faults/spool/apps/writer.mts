/** Ends so many traces, one after another, and writes down each that is then safe. */

import { openSync, writeSync } from 'node:fs';
import { createTracer } from '@openlayer-tracing/core';

const { PREFIX, COUNT, ACKED, TRACING } = process.env;
const tracer = createTracer(JSON.parse(String(TRACING)));
const file = openSync(String(ACKED), 'a');
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
for (let i = 0; i < Number(COUNT); i++) {
  const inferenceId = `${PREFIX}-${i}`;
  const trace = tracer.startTrace({ name: 'work', inferenceId, input: { question: 'why' } });
  trace.update({ output: 'because '.repeat(20) });
  trace.end();
  writeSync(file, `${inferenceId}\n`);
  if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 2));
}
if (process.env.FLUSH === '1') await tracer.shutdown({ deadlineMs: 10_000 });
process.exit(0);
