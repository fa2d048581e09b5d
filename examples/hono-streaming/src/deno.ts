/** Serves the chat on Deno: `PORT=3000 npm run start:deno -w example-hono-streaming`. */

import { connectModel } from 'example-local-model';
import { createApp } from './app.js';
import { greeting } from './greeting.js';

/** The part of Deno that is used here. */
declare const Deno: {
  serve(
    options: { readonly port: number; readonly onListen: (address: { port: number }) => void },
    fetch: (request: Request) => Response | Promise<Response>,
  ): unknown;
};

const model = await connectModel();
const { fetch } = createApp({ model });
const onListen = ({ port }: { port: number }) => console.log(greeting(port, model.name));
Deno.serve({ port: Number(process.env.PORT ?? 3000), onListen }, fetch);
