/** A server on this machine, for what is found only where requests are really sent. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalServer extends AsyncDisposable {
  /** `http://127.0.0.1:1234` */
  readonly url: string;
}

/** @param answer what it answers to a POST of the path, with its body */
export async function localServer(
  answer: (path: string, body: string) => { readonly type: string; readonly text: string },
): Promise<LocalServer> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { type, text } = answer(String(req.url), Buffer.concat(chunks).toString('utf8'));
      res.writeHead(200, { 'content-type': type }).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
