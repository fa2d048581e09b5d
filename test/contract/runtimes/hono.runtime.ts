/**
 * The contract of every adapter, kept by that of Hono on the runtime that the environment names. `npm run test:runtimes`
 * runs it.
 */

import { hono } from '../hono/frameworks.ts';
import { contract } from '../suite/contract.ts';
import { stageElsewhere } from './elsewhere.ts';
import { limitOf } from './limits.ts';
import { type AppProcess, RUNTIMES } from './processes.ts';
import { nameOf } from './protocol.ts';
import { KIND, PROGRAM, RUNTIME } from './under-test.ts';

let app: AppProcess | undefined;
let test = '';

before(async () => {
  const start = RUNTIMES[KIND];
  if (start === undefined)
    throw new Error(`CONTRACT_RUNTIME begins with none of ${Object.keys(RUNTIMES)}`);
  app = await start(PROGRAM);
});

beforeEach(function () {
  const { currentTest } = this;
  test = nameOf(currentTest?.titlePath() ?? []);
  const limit = limitOf(KIND, test);
  if (currentTest === undefined || limit === undefined) return;
  currentTest.title += ` [${limit.reason}]`;
  this.skip();
});

// Where a test fails and its stage too, mocha would show neither.
afterEach(function () {
  const err = this.currentTest?.err as Partial<SuppressedError> | undefined;
  if (err?.suppressed !== undefined) console.error(err.suppressed, '\nand then', err.error);
});

after(() => app?.[Symbol.asyncDispose]());

contract({
  ...hono,
  name: `Hono 4 on ${RUNTIME}`,
  hearsResetsAlone: KIND === 'workerd',
  stage: (setup) => {
    if (app === undefined) throw new Error('the runtime has not started');
    return stageElsewhere(app, test, setup);
  },
});
