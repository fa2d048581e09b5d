/** The app with WebSockets on Deno: `deno run sockets-deno.ts`. */

import process from 'node:process';
import { upgradeWebSocket } from 'hono/deno';
import { socketHost } from './sockets-host.ts';

declare const Deno: {
  serve(
    options: { readonly port: number; readonly hostname: string; readonly onListen: () => void },
    fetch: ReturnType<typeof socketHost>['fetch'],
  ): { readonly addr: { readonly port: number } };
};

const { fetch } = socketHost(upgradeWebSocket, process.env.TRACER);
const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: () => {} }, fetch);
console.log(server.addr.port);
