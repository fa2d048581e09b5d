/** Serves the chat on Bun: `PORT=3000 npm run start:bun -w example-hono-streaming`. */

import { connectModel } from 'example-local-model';
import { createApp } from './app.js';
import { greeting } from './greeting.js';

/** The part of Bun that is used here. */
declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly fetch: (request: Request) => Response | Promise<Response>;
  }): { readonly port: number };
};

const model = await connectModel();
const { fetch } = createApp({ model });
const server = Bun.serve({ port: Number(process.env.PORT ?? 3000), fetch });
console.log(greeting(server.port, model.name));
