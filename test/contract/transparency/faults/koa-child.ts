/** A process in which our functions fail under a Koa app: all with Koa 3, the adapter's with Koa 2. */

import type { Context } from 'koa';
import { koaCases } from '../koa/cases.ts';
import { koaFramework } from '../koa/framework.ts';
import { failOneByOne } from './child.ts';

const version = process.argv[2] === '2' ? 2 : 3;
await failOneByOne({
  adapter: 'koa',
  framework: koaFramework(version, koaCases),
  read: (ctx: Context) => ctx,
  // What else is core's is the same with either version.
  only: version === 2 ? ({ where }) => /^koa\/|trace-property/.test(where) : undefined,
});
