/** A script without a server: it traces one call, waits as MODE says, and has nothing else to do. */

import { configure, feedback, flush, shutdown, trace } from '@openlayer-tracing/core';

const { MODE, DEADLINE_MS } = process.env;
const deadlineMs = Number(DEADLINE_MS ?? 5000);

if (MODE === 'maxBatchRows') configure({ batch: { maxBatchRows: 1 } });
const ask = trace((question: string) => question.toUpperCase(), { name: 'ask' });
ask('why');

if (MODE === 'at-exit') {
  process.on('exit', () => {
    shutdown();
    flush();
    shutdown({ deadlineMs: 1 });
  });
  process.exit(7);
}

const start = performance.now();
if (MODE === 'flush') await flush({ deadlineMs });
if (MODE === 'shutdown') await shutdown({ deadlineMs });
if (MODE === 'feedback') console.log(JSON.stringify(await feedback('row-1', { humanFeedback: 1 })));
console.log(`waited ${Math.round(performance.now() - start)} ms`);
