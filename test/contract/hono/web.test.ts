/** The contract, kept where nothing but web requests and responses is seen: as on Bun, Deno and workerd, but on Node. */

import type { MiddlewareHandler } from 'hono';
import type { Framework } from '../harness/frameworks.ts';
import { contract } from '../suite/contract.ts';
import { hono } from './frameworks.ts';

/** Why a behaviour cannot hold here. */
const CANNOT: Readonly<Record<string, string>> = {
  'while it uploads leaves what it sent, and no output':
    'a body that was not read to its end is seen by nobody',
  'ends the traces of pipelined requests where the client leaves before the first answer':
    'node-server hears of the connection’s end by the response alone, which has no connection yet',
};

/** Node's request and response are the app's environment under node-server. */
const withoutNode: MiddlewareHandler = async (c, next) => {
  c.env = {};
  await next();
};

const web: Framework<MiddlewareHandler> = {
  ...hono,
  name: 'Hono 4 by web requests and responses alone',
  start: (given, define, mounts) => hono.start(given, define, [withoutNode, ...mounts]),
};

describe('nothing but the web', () => {
  beforeEach(function () {
    if (CANNOT[this.currentTest?.title ?? ''] !== undefined) this.skip();
  });

  contract(web);
});
