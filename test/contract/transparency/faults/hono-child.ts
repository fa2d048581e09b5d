/** A process in which our functions fail under a Hono app: all with Node's responses, or those for web ones alone. */

import type { Context } from 'hono';
import { honoCases, webCases } from '../hono/cases.ts';
import { honoFramework } from '../hono/framework.ts';
import { failOneByOne } from './child.ts';

const isWeb = process.argv[2] === 'web';
await failOneByOne({
  adapter: 'hono',
  framework: honoFramework(isWeb ? webCases : honoCases, isWeb),
  read: ({ req }: Context) => ({ method: req.method, query: req.query() }),
  // What is tried with Node's responses needs no other try.
  only: isWeb ? ({ where }) => /^hono\/|web|stream|turn-end/.test(where) : undefined,
});
