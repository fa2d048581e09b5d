/** Ends so many traces, with a pause behind each twenty of them, and writes down those that are then safe. */

import { openSync, writeSync } from 'node:fs';
import { createTracer } from '@openlayer-tracing/core';

const { PREFIX, COUNT, ACKED, TRACING, PAUSE_MS = '2' } = process.env;
const tracer = createTracer(JSON.parse(String(TRACING)));
const file = openSync(String(ACKED), 'a');
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
for (let i = 0; i < Number(COUNT); ) {
  let ended = '';
  for (let n = 0; n < 20; n++, i++) {
    const inferenceId = `${PREFIX}-${i}`;
    const trace = tracer.startTrace({ name: 'work', inferenceId, input: { question: 'why' } });
    trace.update({ output: 'because '.repeat(20) });
    trace.end();
    ended += `${inferenceId}\n`;
  }
  await new Promise((resolve) => setTimeout(resolve, Number(PAUSE_MS)));
  // What has ended outside a request is safe once this turn of the event loop has.
  writeSync(file, ended);
}
if (process.env.STAYS === '1') {
  console.log('listening 0');
  await new Promise(() => setInterval(() => {}, 1000));
}
process.exit(0);
