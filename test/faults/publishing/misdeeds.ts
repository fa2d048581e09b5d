/** What a connection may do to us instead of answering. */

import type { Socket } from 'node:net';

/** What a connection does instead of answering. */
export type Misdeed = (socket: Socket) => void;

export const GOOD =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n';

/** These end by themselves. */
export const BROKEN: Readonly<Record<string, Misdeed>> = {
  'resets each connection at once': (socket) => socket.resetAndDestroy(),
  'hangs up at once': (socket) => socket.resume().end(),
  'resets after the first byte of the upload': resetAfter(1),
  'resets within the headers': resetAfter(100),
  'resets within the upload': resetAfter(3000),
  'resets when the upload is complete': (socket) => {
    socket.on('data', () => setTimeout(() => socket.resetAndDestroy(), 20));
  },
  'hangs up after the upload': afterUpload((socket) => socket.end()),
  'hangs up within its headers': afterUpload((socket) => socket.end('HTTP/1.1 200 OK\r\nCont')),
  'hangs up within its answer': afterUpload((socket) => socket.end(`${GOOD}{"success"`)),
  'hangs up within a chunked answer': afterUpload((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"success":true}'),
  ),
  'resets within its answer': afterUpload((socket) => {
    socket.write(`${GOOD}{"success"`, () => setTimeout(() => socket.resetAndDestroy(), 5));
  }),
  'speaks another protocol': (socket) => socket.resume().end('SSH-2.0-OpenSSH_9.6\r\n'),
  'sends binary noise': afterUpload((socket) => socket.end(Buffer.alloc(2000, 0x81))),
  'sends headers of 200 KB': afterUpload((socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`),
  ),
  'switches protocols': afterUpload((socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  ),
  'answers with two lengths': afterUpload((socket) =>
    socket.end(
      'HTTP/1.1 200 OK\r\nContent-Length: 16\r\nContent-Length: 5\r\n\r\n{"success":true}',
    ),
  ),
};

/** These never end by themselves. */
export const HUNG: Readonly<Record<string, Misdeed>> = {
  'accepts and reads nothing': () => {},
  'reads and never answers': (socket) => socket.resume(),
  'sends its status and no more': afterUpload((socket) => socket.write('HTTP/1.1 200 OK\r\n')),
  'sends its headers and no more': afterUpload((socket) => socket.write(GOOD)),
  'sends half its answer and no more': afterUpload((socket) => socket.write(`${GOOD}{"succ`)),
  'sends one byte of its answer at a time': afterUpload((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n');
    drip(socket, ' ');
  }),
  'sends one byte of its headers at a time': afterUpload((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
    drip(socket, 'x');
  }),
  'asks to continue for ever': afterUpload((socket) =>
    drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
  ),
  'gives hints for ever': afterUpload((socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n')),
};

export function resetAfter(bytes: number): Misdeed {
  return (socket) => {
    let read = 0;
    socket.on('readable', () => {
      for (let chunk = socket.read(1); chunk !== null; chunk = socket.read(1)) {
        if (++read >= bytes) {
          socket.resetAndDestroy();
          return;
        }
      }
    });
  };
}

/** Waits until the client has stopped sending for a moment. */
function afterUpload(answer: Misdeed): Misdeed {
  return (socket) => {
    let quiet: NodeJS.Timeout | undefined;
    const listen = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        socket.off('data', listen);
        socket.resume();
        if (!socket.destroyed) answer(socket);
      }, 5);
    };
    socket.on('data', listen);
  };
}

function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 15);
  socket.on('close', () => clearInterval(timer));
}
