/**
 * Ports for servers that are told where to listen: those that are closed and opened again, and those of processes.
 *
 * Whoever listens at port 0 gets a port from the range that the system keeps for that. Once the port is closed, another test of
 * this machine can be given it. These ports are below that range (it begins at 32,768 on Linux, at 49,152 elsewhere), so that
 * they are nobody's while they are closed.
 */

import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 20_000;
const COUNT = 10_000;

export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer();
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
