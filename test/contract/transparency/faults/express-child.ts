/** A process in which our functions fail under an Express app: all with Express 5, the adapter's with Express 4. */

import type { Request } from 'express';
import { expressCases } from '../express/cases.ts';
import { expressFramework } from '../express/framework.ts';
import { failOneByOne } from './child.ts';

const version = process.argv[2] === '4' ? 4 : 5;
await failOneByOne({
  adapter: 'express',
  framework: expressFramework(version, expressCases),
  read: (req: Request) => req,
  // What else is core's is the same with either version.
  only: version === 4 ? ({ where }) => /^express\/|trace-property/.test(where) : undefined,
});
