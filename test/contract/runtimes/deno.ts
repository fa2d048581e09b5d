/** The app's process on Deno: `deno run deno.ts`. */

import { hostOf } from './host.ts';

interface DenoServer {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
}

/** The part of Deno's global that is used here. */
declare const Deno: {
  serve(
    options: {
      readonly port: number;
      readonly hostname: string;
      readonly signal?: AbortSignal;
      readonly onListen: () => void;
      readonly onError: () => Response;
    },
    fetch: (request: Request, info: object) => Response | Promise<Response>,
  ): DenoServer;
};

const LOCAL = {
  port: 0,
  hostname: '127.0.0.1',
  // Keeps Deno from printing where it listens, and what tests throw.
  onListen: () => {},
  onError: () => new Response('Internal Server Error', { status: 500 }),
};

const commands = hostOf(async (app) => {
  const closing = new AbortController();
  const server = Deno.serve({ ...LOCAL, signal: closing.signal }, app.fetch);
  return {
    port: server.addr.port,
    async close() {
      closing.abort();
      await server.finished;
    },
  };
});
console.log(JSON.stringify({ control: Deno.serve(LOCAL, commands).addr.port }));
