/** A process that has core twice, as ES modules and as CommonJS, each with a tracer, a spool and traces of its own. */

import { createRequire } from 'node:module';
import * as imported from '@openlayer-tracing/core';

const required = createRequire(import.meta.url)('@openlayer-tracing/core') as typeof imported;
const { END, FIRST = 'imported', HANDLING = '', SPOOL = '' } = process.env;
const copies = Object.entries({ imported, required });
if (FIRST === 'required') copies.reverse();

for (const [name, { createTracer }] of copies) {
  const tracer = createTracer({
    batch: { maxDelayMs: 60_000 },
    handleSignals: HANDLING.includes(name),
    spool: { dir: SPOOL, mode: SPOOL === '' ? 'off' : 'wal' },
  });
  tracer.startTrace({ name: 'ended', inferenceId: `ended-${name}` }).end();
  if (SPOOL === '') continue;
  const open = tracer.startTrace({ name: 'open', inferenceId: `open-${name}` });
  setTimeout(() => open.update({ output: 'so far' }), 20);
}

setTimeout(() => {
  console.log(`end at ${Date.now()}`);
  if (END === 'exit') process.exit(3);
  else if (END !== 'natural') process.kill(process.pid, END);
  // The process is alive until the signal ends it.
  if (END?.startsWith('SIG')) setTimeout(() => process.exit(99), 5000);
}, 60);
process.on('exit', () => console.log(`exit at ${Date.now()}`));
