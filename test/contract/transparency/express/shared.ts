/** The cases that know nothing of Express, as apps of it. */

import { AsyncResource } from 'node:async_hooks';
import type { NodeCase } from '../node/case.ts';
import type { StepsCase } from '../steps/case.ts';
import type { ExpressCase } from './framework.ts';

export function fromNode(example: NodeCase): ExpressCase {
  return {
    ...example,
    build: ({ app, note }) => {
      app.use((req, res, next) => {
        Promise.resolve(example.handle(req, res, note)).catch(next);
      });
    },
  };
}

export function fromSteps(example: StepsCase): ExpressCase {
  return {
    ...example,
    parsers: (express) => [express.json()],
    build: ({ app, tools, note }) => {
      const resource = new AsyncResource('outside');
      const outside = <R>(fn: () => R): R => resource.runInAsyncScope(fn);
      app.use(async (req, res, next) => {
        try {
          const kit = { trace: req.trace, tools, note, outside, body: req.body as unknown };
          res.json({ answer: await example.handle(kit) });
        } catch (error) {
          note(String(error));
          next(error);
        }
      });
    },
  };
}
