/** HTTP as it goes over the wire: requests as bytes, answers as bytes, and the client's moments as one wants them. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection, played by hand. */
export interface Peer {
  send(bytes: string | Uint8Array): void;
  /** Resolves once the answer so far holds this text, or is as wanted, or the connection is over. */
  until(wanted: string | ((answer: string) => boolean)): Promise<void>;
  /** Says that nothing more is to come, and still reads. */
  finish(): void;
  /** Leaves without a word. */
  leave(): void;
  /** Leaves, and has the connection reset. */
  reset(): void;
}

/** What a client does on one connection: one request, or a scene of its own. */
export type Script = string | Uint8Array | ((peer: Peer) => Promise<void> | void);

/** Plays the script and resolves with all bytes of the answer, one character each, when the connection is over. */
export async function play(port: number, script: Script): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const chunks: Buffer[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    tell();
  });
  // A reset is an end like any other here: what arrived before it counts.
  socket.on('error', () => {});
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  over.then(tell);
  await Promise.race([once(socket, 'connect'), over]);
  const text = () => Buffer.concat(chunks).toString('latin1');
  if (typeof script === 'function') await script(peerOf(socket, text, listeners));
  else socket.write(script);
  await over;
  return text();
}

function peerOf(socket: Socket, text: () => string, listeners: Set<() => void>): Peer {
  return {
    send: (bytes) => {
      socket.write(bytes);
    },
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const answer = text();
          const isThere = typeof wanted === 'string' ? answer.includes(wanted) : wanted(answer);
          if (!isThere && !socket.destroyed) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    finish: () => {
      socket.end();
    },
    leave: () => {
      socket.destroy();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
  };
}

type Headers = Readonly<Record<string, string>>;

/** A request without a body, after whose answer the server closes the connection. */
export function get(path = '/', headers: Headers = {}, method = 'GET'): string {
  return `${head(method, path, headers)}\r\n`;
}

/** A request with a body, likewise. */
export function post(body: string | Uint8Array, headers: Headers = {}, path = '/'): Buffer {
  const bytes = Buffer.from(body);
  const length = { 'Content-Length': String(bytes.byteLength) };
  return Buffer.concat([
    Buffer.from(`${head('POST', path, { ...length, ...headers })}\r\n`),
    bytes,
  ]);
}

/** A JSON request. */
export function postJson(value: unknown, path = '/'): Buffer {
  return post(JSON.stringify(value), { 'Content-Type': 'application/json' }, path);
}

/** A request whose body goes out in chunks of its own. */
export function postChunks(chunks: readonly string[], headers: Headers = {}): string {
  const framed = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`);
  return `${head('POST', '/', { 'Transfer-Encoding': 'chunked', ...headers })}\r\n${framed.join('')}0\r\n\r\n`;
}

function head(method: string, path: string, headers: Headers): string {
  const all = { Host: 'localhost', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}`;
}
