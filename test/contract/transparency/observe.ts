/** Runs a case on a framework and takes down all that anybody could see of it. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { play } from '../../support/raw-http.ts';
import type { Case, Framework, Mount, Tools } from './case.ts';

export interface Observation {
  /** Status line, headers in order, body with its chunks and trailers, for each client. */
  readonly answers: readonly string[];
  /** What the app saw. */
  readonly notes: readonly string[];
}

export interface Setting<M> {
  readonly mount: Mount;
  readonly middleware: () => M;
  readonly tools: Tools;
  readonly onListening?: (() => void) | undefined;
}

/** What is not noted by then is missing. */
const MAX_LATE_MS = 2000;

/** Starts an app of its own for the case, plays its clients, and ends when the last connection is over. */
export async function observe<C extends Case, M>(
  framework: Framework<C, M>,
  example: C,
  setting: Setting<M>,
): Promise<Observation> {
  const notes: string[] = [];
  const server = framework.server({ example, ...setting, note: (text) => notes.push(text) });
  refuseStrangers(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  setting.onListening?.();
  const answers: string[] = [];
  try {
    for (const client of example.clients)
      answers.push(comparable(await play(port, client), example));
  } finally {
    const closed = once(server, 'close');
    server.close();
    await closed;
  }
  // The last events of a response may come after those of its connection.
  await pause(1);
  if (example.lingersMs !== undefined) await pause(example.lingersMs);
  const { lastNote } = example;
  for (let waited = 0; lastNote && !notes.includes(lastNote) && waited < MAX_LATE_MS; waited += 10)
    await pause(10);
  return { answers, notes: notes.map(withoutOurFrames) };
}

/** Some other process may still look for a server that had this port before. */
function refuseStrangers(server: Server): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (req, res) => {
    if (req.headers.host === 'localhost')
      for (const listen of listeners) listen.call(server, req, res);
    else req.socket.destroy();
  });
}

/** The answer but for its date, our id and, where it shows a stack, our frames. */
function comparable(answer: string, example: Case): string {
  const same = answer.replace(/^(?:Date|X-Request-Id): .*\r\n/gim, '');
  if (example.showsStack)
    return withoutOurFrames(same.replace(/^(?:Content-Length|ETag): .*\r\n/gim, ''));
  return example.anyChunks ? unchunked(same) : same;
}

/** A stack but for the lines that the middleware adds to it, or what stands for it in the bare app. */
export function withoutOurFrames(text: string): string {
  return whole(text)
    .split(/(?=\n)|(?=<br>)/)
    .filter((line) => !/^(?:\n|<br>)[\s&nbsp;]*at /.test(line) || !OUR_FRAME.test(line))
    .join('');
}

/** Newer versions of Node print frames that repeat only once, and ours keep them from repeating. */
function whole(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const [, count, period = count] =
      /^ +\.\.\. collapsed (\d+) duplicate lines matching above (?:(\d+) )?lines/.exec(line) ?? [];
    if (count === undefined) lines.push(line);
    for (let n = 0; n < Number(count ?? 0); n++) lines.push(lines.at(-Number(period)) ?? '');
  }
  return lines.join('\n');
}

/** Frames of Node's own come and go with the timing. */
const OUR_FRAME =
  /node:internal|\/(?:packages|@openlayer-tracing)\/(?:core|express|koa|hono|cls-hooked)\/(?:dist|src)\/|bareMiddleware|async_hooks|async_local_storage|AsyncLocalStorage/;

/** The body in one piece. */
function unchunked(answer: string): string {
  const start = answer.indexOf('\r\n\r\n') + 4;
  if (start < 4 || !/^transfer-encoding: chunked\r$/im.test(answer.slice(0, start))) return answer;
  let body = '';
  let position = start;
  for (;;) {
    const end = answer.indexOf('\r\n', position);
    const size = Number.parseInt(answer.slice(position, end), 16);
    if (!(size > 0)) break;
    body += answer.slice(end + 2, end + 2 + size);
    position = end + 2 + size + 2;
  }
  return answer.slice(0, start) + body;
}

/** Status of an answer, interim ones aside; 0 where there was none. */
export function statusOf(answer: string): number {
  const lines = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  return lines.find((status) => status >= 200) ?? 0;
}
