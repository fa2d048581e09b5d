/** The app with WebSockets on Bun: `bun sockets-bun.ts`. */

import { upgradeWebSocket, websocket } from 'hono/bun';
import { socketHost } from './sockets-host.ts';

declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    readonly fetch: ReturnType<typeof socketHost>['fetch'];
    readonly websocket: typeof websocket;
  }): { readonly port: number };
};

const { fetch } = socketHost(upgradeWebSocket, process.env.TRACER);
console.log(Bun.serve({ port: 0, hostname: '127.0.0.1', fetch, websocket }).port);
