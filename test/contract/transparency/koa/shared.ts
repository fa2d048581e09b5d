/** The cases that know nothing of Koa, as apps of it. */

import { AsyncResource } from 'node:async_hooks';
import { bodyParser } from '@koa/bodyparser';
import type { NodeCase } from '../node/case.ts';
import type { StepsCase } from '../steps/case.ts';
import type { KoaCase } from './framework.ts';

export function fromNode(example: NodeCase): KoaCase {
  return {
    ...example,
    build: ({ app, note }) => {
      app.use(async (ctx) => {
        ctx.respond = false;
        ctx.res.statusCode = 200;
        await example.handle(ctx.req, ctx.res, note);
      });
    },
  };
}

export function fromSteps(example: StepsCase): KoaCase {
  return {
    ...example,
    parsers: () => [bodyParser()],
    build: ({ app, tools, note }) => {
      const resource = new AsyncResource('outside');
      const outside = <R>(fn: () => R): R => resource.runInAsyncScope(fn);
      app.use(async (ctx) => {
        try {
          const kit = { trace: ctx.trace, tools, note, outside, body: ctx.request.body as unknown };
          ctx.body = { answer: await example.handle(kit) };
        } catch (error) {
          note(String(error));
          throw error;
        }
      });
    },
  };
}
