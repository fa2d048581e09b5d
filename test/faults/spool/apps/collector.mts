/**
 * The platform for the fault tests, in a process that may be killed: each row that it takes stands in a log before the
 * answer is given. What goes wrong is said by `POST /mode`.
 */

import { appendFileSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startFaultyCollector } from '../../../support/faulty-collector.ts';

export interface Mode {
  /** What becomes of a data-stream call. */
  readonly fault?: string;
  /** Of how many calls; then all is well again. */
  readonly times?: number;
  /** Rows are refused whose id begins so. */
  readonly refused?: string;
  /** The one pipeline that it does not know. */
  readonly unknown?: string;
  /** Nobody listens for so long. */
  readonly closedMs?: number;
  /** Answers that come so late, in milliseconds. */
  readonly lateMs?: number;
  readonly maxBytes?: number;
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly status?: number;
  readonly body?: string;
}

const log = String(process.env.LOG);
const taken = new Set<string>();
if (existsSync(log)) {
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    if (line !== '') taken.add((JSON.parse(line) as { id: string }).id);
  }
}
const file = openSync(log, 'a');
let mode: Mode = JSON.parse(process.env.MODE ?? '{}') as Mode;
let calls = 0;
const faulty = new WeakSet<ServerResponse>();

// Nobody is left to answer.
process.on('disconnect', () => process.exit());

const collector = await startFaultyCollector(
  {
    request(request, response) {
      if (request.url === '/mode') {
        void changeMode(request, response);
        return true;
      }
      if (mode.fault === undefined || calls++ >= (mode.times ?? Number.POSITIVE_INFINITY)) {
        return false;
      }
      faulty.add(response);
      if (mode.fault === 'reset-early') request.socket.resetAndDestroy();
      return mode.fault === 'reset-early' || mode.fault === 'unread';
    },
    call(response, { apiKey, method, path, bytes, ids }) {
      const isFaulty = faulty.has(response);
      if (mode.key !== undefined && apiKey !== mode.key) {
        return reply(response, 401, '{"error":"no such key"}');
      }
      if (method === 'GET') {
        const id = decodeURIComponent(String(path.split('/').at(-1)));
        appendFileSync(`${log}.calls`, `${Date.now()} GET ${id}\n`);
        if (isFaulty) return fail(response);
        if (!taken.has(id)) return reply(response, 404, '{}');
        return reply(response, 200, `{"success":true,"row":{"inferenceId":"${id}"}}`);
      }
      appendFileSync(`${log}.calls`, `${Date.now()} POST ${ids[0]} ${bytes}\n`);
      if (pipelineIn(path) === mode.unknown) {
        return reply(response, 404, '{"error":"no such pipeline"}');
      }
      if (isFaulty && !mode.fault?.startsWith('after')) return fail(response);
      if (mode.maxBytes !== undefined && bytes > mode.maxBytes) {
        return reply(response, 413, '{"error":"too large"}');
      }
      if (ids.some((id) => mode.refused && id.startsWith(mode.refused))) {
        return reply(response, 400, '{"error":"a row is wrong"}');
      }
      return false;
    },
    taken(response, { path, body }) {
      const pipeline = pipelineIn(path);
      const rows = body.rows as readonly {
        readonly inferenceId: string;
        readonly metadata?: { readonly http?: { readonly outcome?: string } };
      }[];
      const lines = rows.map(({ inferenceId: id, metadata }) => {
        taken.add(id);
        return `${JSON.stringify({ id, outcome: metadata?.http?.outcome, pipeline })}\n`;
      });
      writeSync(file, lines.join(''));
      return faulty.has(response) ? fail(response) : reply(response, 200, '{"success":true}');
    },
  },
  {
    host: '127.0.0.1',
    port: Number(process.env.PORT),
    tls: process.env.TLS === undefined ? undefined : JSON.parse(process.env.TLS),
    remembers: false,
    isChecked: process.env.CHECKED !== '0',
    onViolations: (found) => appendFileSync(`${log}.problems`, `${found.join('\n')}\n`),
  },
);
console.log(`listening ${collector.port}`);

async function changeMode(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  mode = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Mode;
  calls = 0;
  response.end('{}', async () => {
    if (mode.closedMs === undefined) return;
    await collector.down();
    setTimeout(() => collector.up(), mode.closedMs);
  });
}

function pipelineIn(path: string): string | undefined {
  return path.split('/')[3];
}

function reply(response: ServerResponse, status: number, body: string): true {
  response.writeHead(status, { 'Content-Type': 'application/json', ...mode.headers }).end(body);
  return true;
}

function fail(response: ServerResponse): true {
  const { socket } = response;
  switch (mode.fault) {
    case 'hang':
      break;
    case 'status':
      reply(response, mode.status ?? 503, mode.body ?? '{}');
      break;
    case 'drip': {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
      break;
    }
    case 'after, late':
      setTimeout(() => reply(response, 200, '{"success":true}'), mode.lateMs);
      break;
    case 'half':
    case 'after, half':
      socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"succ');
      setTimeout(() => socket?.end(), 20);
      break;
    default:
      // 'reset' and 'after, reset'
      socket?.resetAndDestroy();
  }
  return true;
}
