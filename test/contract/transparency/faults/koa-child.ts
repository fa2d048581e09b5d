/** A process in which our functions fail under a Koa app: all with Koa 3, the adapter's with Koa 2. */

import { koaCases } from '../koa/cases.ts';
import { koaFramework } from '../koa/framework.ts';
import { failOneByOne } from './child.ts';

const version = process.argv[2] === '2' ? 2 : 3;
await failOneByOne({
  adapter: 'koa',
  framework: koaFramework(version, koaCases),
  onlyAdapter: version === 2,
});
