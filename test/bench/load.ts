/** A load generator in a process of its own: so many requests over so many keep-alive connections, as fast as they are answered. */

import { connect, type Socket } from 'node:net';

interface Order {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
}

const BODY = JSON.stringify({
  question: 'How long may I keep a book, and can I renew it?',
  user: 'u-17',
});

function requestText(id: string): string {
  return `POST /chat HTTP/1.1\r\nHost: bench\r\nX-Request-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
}

let sequence = 0;

/** Sends requests one after another over one connection. Answers carry a Content-Length and one chunk is enough to see it. */
function drive(socket: Socket, take: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending = '';
    const next = () => {
      if (take()) socket.write(requestText(`bench-${process.pid}-${sequence++}`));
      else socket.end(resolve);
    };
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('data', (data) => {
      pending += data.toString('latin1');
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      if (!pending.startsWith('HTTP/1.1 200')) reject(new Error(pending.slice(0, 200)));
      const length = Number(/content-length: (\d+)/i.exec(pending)?.[1]);
      if (pending.length < head + 4 + length) return;
      pending = '';
      next();
    });
    next();
  });
}

process.on('message', async ({ port, requests, connections }: Order) => {
  let left = requests;
  const take = () => left-- > 0;
  const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => drive(socket, take)));
  process.send?.({ done: true });
});
process.send?.({ ready: true });
