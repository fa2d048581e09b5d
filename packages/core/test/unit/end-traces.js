/** Ends traces, three in a turn of the event loop. Argument: how many. */

import { createTracer } from '@openlayer-tracing/core';

const tracer = createTracer({
  publish: true,
  logLevel: 'off',
  transport: { send: async ({ rows }) => ({ delivered: rows.length, lost: {} }), close() {} },
});
const text = 'x'.repeat(500);
let ended = 0;

function next() {
  for (let i = 0; i < 3; i++) {
    const trace = tracer.startTrace({ name: `job ${ended++}`, input: { text } });
    trace.step('a step', (step) => step.update({ output: { text, i } }));
    trace.end();
  }
  if (ended < Number(process.argv[2])) setImmediate(next);
}

next();
