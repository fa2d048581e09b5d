/** The cases that know nothing of Hono, as apps of it. */

import { AsyncResource } from 'node:async_hooks';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Script } from '../../../support/raw-http.ts';
import type { NodeCase } from '../node/case.ts';
import type { StepsCase } from '../steps/case.ts';
import type { HonoCase } from './framework.ts';

export function fromNode(example: NodeCase): HonoCase {
  return {
    ...example,
    build: ({ app, note }) => {
      app.use(async (c) => {
        await example.handle(c.env.incoming, c.env.outgoing, note);
        return RESPONSE_ALREADY_SENT;
      });
    },
  };
}

export function fromSteps(example: StepsCase): HonoCase {
  return {
    ...example,
    build: ({ app, tools, note }) => {
      const resource = new AsyncResource('outside');
      const outside = <R>(fn: () => R): R => resource.runInAsyncScope(fn);
      app.all('*', async (c) => {
        try {
          const isJson = c.req.header('content-type') === 'application/json';
          const body: unknown = isJson ? await c.req.json() : undefined;
          const kit = { trace: c.var.trace, tools, note, outside, body };
          return c.json({ answer: (await example.handle(kit)) as string });
        } catch (error) {
          note(String(error));
          throw error;
        }
      });
    },
  };
}

/** Hono's events ask for the connection to be kept: the client leaves when it has all of them. */
export function toTheEnd(request: string): Script {
  return async (peer) => {
    peer.send(request);
    await peer.until('\r\n0\r\n\r\n');
    peer.leave();
  };
}
