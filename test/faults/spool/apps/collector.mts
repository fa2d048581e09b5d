/**
 * The platform for the fault tests, in a process that may be killed: each row that it takes stands in a log before the
 * answer is given. What goes wrong is said by `POST /mode`.
 */

import { appendFileSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { violations } from '../../../support/wire/validate.ts';

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

// Nobody is left to answer.
process.on('disconnect', () => process.exit());

const listener: RequestListener = async (request, response) => {
  request.on('error', () => {});
  response.on('error', () => {});
  if (request.url === '/mode') {
    mode = JSON.parse(await textOf(request)) as Mode;
    calls = 0;
    response.end('{}', () => {
      if (mode.closedMs !== undefined) leaveFor(mode.closedMs);
    });
    return;
  }
  const isFaulty = mode.fault !== undefined && calls++ < (mode.times ?? Number.POSITIVE_INFINITY);
  if (isFaulty && mode.fault === 'unread') return;
  if (isFaulty && mode.fault === 'reset-early') {
    request.socket.resetAndDestroy();
    return;
  }
  const text = await textOf(request).catch(() => undefined);
  if (text === undefined) return;
  if (mode.key !== undefined && request.headers.authorization !== `Bearer ${mode.key}`) {
    reply(response, 401, '{"error":"no such key"}');
    return;
  }
  if (request.method === 'GET') {
    const id = decodeURIComponent(String(request.url?.split('/').at(-1)));
    appendFileSync(`${log}.calls`, `${Date.now()} GET ${id}\n`);
    if (isFaulty) fail(response);
    else if (taken.has(id)) reply(response, 200, `{"success":true,"row":{"inferenceId":"${id}"}}`);
    else reply(response, 404, '{}');
    return;
  }
  const first = /"inferenceId":"([^"]+)/.exec(text)?.[1];
  appendFileSync(`${log}.calls`, `${Date.now()} POST ${first} ${text.length}\n`);
  const pipeline = request.url?.split('/')[3];
  if (pipeline === mode.unknown) {
    reply(response, 404, '{"error":"no such pipeline"}');
    return;
  }
  if (isFaulty && !mode.fault?.startsWith('after')) {
    fail(response);
    return;
  }
  const body = JSON.parse(text);
  const found = process.env.CHECKED === '0' ? [] : violations(body);
  if (found.length > 0) appendFileSync(`${log}.problems`, `${found.join('\n')}\n`);
  const rows = body.rows as { inferenceId: string; metadata?: { http?: { outcome?: string } } }[];
  if (mode.maxBytes !== undefined && text.length > mode.maxBytes) {
    reply(response, 413, '{"error":"too large"}');
    return;
  }
  if (rows.some(({ inferenceId }) => mode.refused && inferenceId.startsWith(mode.refused))) {
    reply(response, 400, '{"error":"a row is wrong"}');
    return;
  }
  const lines = rows.map(({ inferenceId: id, metadata }) => {
    taken.add(id);
    return `${JSON.stringify({ id, outcome: metadata?.http?.outcome, pipeline })}\n`;
  });
  writeSync(file, lines.join(''));
  if (isFaulty) fail(response);
  else reply(response, 200, '{"success":true}');
};

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...mode.headers }).end(body);
}

function fail(response: ServerResponse): void {
  const { socket } = response;
  switch (mode.fault) {
    case 'hang':
      return;
    case 'status':
      reply(response, mode.status ?? 503, mode.body ?? '{}');
      return;
    case 'drip': {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
      return;
    }
    case 'after, late':
      setTimeout(() => reply(response, 200, '{"success":true}'), mode.lateMs);
      return;
    case 'half':
    case 'after, half':
      socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"succ');
      setTimeout(() => socket?.end(), 20);
      return;
    default:
      // 'reset' and 'after, reset'
      socket?.resetAndDestroy();
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A certificate, its key and what else there is to say of TLS, where it is spoken. */
const tls = process.env.TLS;
const server =
  tls === undefined ? createServer(listener) : createSecureServer(JSON.parse(tls), listener);
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening ${(server.address() as AddressInfo).port}`);
});

function leaveFor(ms: number): void {
  const { port } = server.address() as AddressInfo;
  server.close();
  server.closeAllConnections();
  setTimeout(() => server.listen(port, '127.0.0.1'), ms);
}
