/** Hono as a framework of the contract suite, on Node. */

import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono, MiddlewareHandler } from 'hono';
import { type Framework, listen, type Running } from '../harness/frameworks.ts';
import { buildApp, quietApp } from './app.ts';

export { respond } from './app.ts';

export interface HonoFramework extends Framework<MiddlewareHandler> {
  /** Serves an app that the test builds by hand. */
  serve(define: (app: Hono) => void): Promise<Running>;
}

export const hono: HonoFramework = {
  name: 'Hono 4',
  answersErrorsAlone: true,
  serve,
  start: (options, define, mounts) => serve((app) => buildApp(app, options, define, mounts)),
};

function serve(define: (app: Hono) => void): Promise<Running> {
  const app = quietApp();
  define(app);
  return listen(createAdaptorServer({ fetch: app.fetch }) as Server);
}
