/** The app's process on Bun: `bun bun.ts`. */

import { hostOf } from './host.ts';

interface BunServer {
  readonly port: number;
  stop(closeActiveConnections: boolean): Promise<void>;
}

/** The part of Bun's global that is used here; its types would change those of Node everywhere. */
declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    readonly development: boolean;
    readonly idleTimeout: number;
    readonly error: () => Response;
    readonly fetch: (request: Request, server: object) => Response | Promise<Response>;
  }): BunServer;
};

const serve = (fetch: (request: Request, server: object) => Response | Promise<Response>) =>
  Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    development: false,
    idleTimeout: 0,
    fetch,
    // Keeps Bun from printing what tests throw.
    error: () => new Response('Internal Server Error', { status: 500 }),
  });

const commands = hostOf(async (app) => {
  const server = serve(app.fetch);
  return { port: server.port, close: () => server.stop(true) };
});
console.log(JSON.stringify({ control: serve(commands).port }));
