/** Asks an app again and again, and writes down which answers arrived whole. It outlives the app. */

import { openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';

const port = Number(process.env.APP_PORT);
const total = Number(process.env.REQUESTS);
const concurrency = Number(process.env.CONCURRENCY);
const prefix = String(process.env.PREFIX ?? 'r');
const file = openSync(String(process.env.ACKED), 'a');
const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
const MODES = ['json', 'json', 'stream', 'length'];

let next = 0;
/** No request is begun beyond it, so that none is missed by whoever kills the app at one of them. */
let limit = 0;
let answered = 0;
let broken = 0;
process.on('message', (message: { limit: number }) => {
  limit = message.limit;
});

/** Whether the whole answer came; undefined where nobody was there to hear the request. */
function ask(id: string, mode: string | undefined): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const headers = { 'x-request-id': id };
    const outgoing = request({
      port,
      host: '127.0.0.1',
      path: `/chat?mode=${mode}`,
      agent,
      headers,
    });
    const lost = () => resolve(false);
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? undefined : false),
    );
    outgoing.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        if (!response.complete || response.statusCode !== 200) return lost();
        writeSync(file, `${id}\n`);
        resolve(true);
      });
      response.on('error', lost).on('close', lost);
    });
    outgoing.setTimeout(10_000, () => outgoing.destroy());
    outgoing.end();
  });
}

async function work(): Promise<void> {
  while (next < total) {
    if (next >= limit) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    const n = next++;
    // A request that failed is not asked again: its id may have been heard.
    let isAnswered = await ask(`${prefix}-${n}`, MODES[n % MODES.length]);
    while (isAnswered === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      isAnswered = await ask(`${prefix}-${n}`, MODES[n % MODES.length]);
    }
    if (isAnswered) answered++;
    else broken++;
    if ((answered + broken) % 20 === 0) process.send?.({ answered, broken });
  }
}

let isDone = false;
process.on('disconnect', () => process.exit(isDone ? 0 : 1));
await Promise.all(Array.from({ length: concurrency }, work));
isDone = true;
process.send?.({ answered, broken }, () => process.exit(0));
