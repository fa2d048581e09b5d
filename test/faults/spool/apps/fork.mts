/** A traced process that forks itself, which inherits its environment; both end traces and wait to be killed. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createTracer } from '@openlayer-tracing/core';

const { FORKED, TRACING } = process.env;
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
const tracer = createTracer(JSON.parse(String(TRACING)));

function endTraces(prefix: string): void {
  for (let i = 0; i < 10; i++) {
    tracer.startTrace({ name: 'work', inferenceId: `${prefix}-${i}` }).end();
  }
}

if (FORKED === undefined) {
  endTraces('before');
  const child = fork(import.meta.filename, { env: { ...process.env, FORKED: '1' } });
  await once(child, 'message');
  endTraces('after');
  setTimeout(() => console.log('listening 0'), 50);
} else {
  endTraces('forked');
  setTimeout(() => process.send?.('done'), 50);
}
