/** A script whose own `beforeExit` listener traces work: once, or as MODE says each time. */

import { trace } from '@openlayer-tracing/core';

const ask = trace((question: string) => question.toUpperCase(), { name: 'ask' });
ask('first');

let times = 0;
process.on('beforeExit', () => {
  times++;
  if (process.env.MODE === 'each') ask('each time');
  // Work that takes a turn of the event loop, after the rows of before are sent.
  else if (times <= Number(process.env.TIMES)) setTimeout(() => ask('last'), 300);
  // Without tracing, the process ends after one more event.
  if (times === 100) process.exit(3);
});
