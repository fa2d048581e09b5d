/**
 * The contract of every adapter, kept by that of Hono on the runtime that the environment names. `npm run test:runtimes`
 * runs it.
 */

import { contract } from '../contract.ts';
import { hono } from '../hono-frameworks.ts';
import { stageElsewhere } from './elsewhere.ts';
import { limitOf } from './limits.ts';
import { type AppProcess, RUNTIMES } from './processes.ts';
import { nameOf } from './protocol.ts';

const { CONTRACT_RUNTIME = '', CONTRACT_PROGRAM = '' } = process.env;

let app: AppProcess | undefined;
let test = '';

before(async () => {
  const start = RUNTIMES[CONTRACT_RUNTIME];
  if (start === undefined) throw new Error(`CONTRACT_RUNTIME is none of ${Object.keys(RUNTIMES)}`);
  app = await start(CONTRACT_PROGRAM);
});

beforeEach(function () {
  const { currentTest } = this;
  test = nameOf(currentTest?.titlePath() ?? []);
  const limit = limitOf(CONTRACT_RUNTIME, test);
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
  name: `Hono 4 on ${CONTRACT_RUNTIME}`,
  hearsResetsAlone: CONTRACT_RUNTIME === 'workerd',
  stage: (setup) => {
    if (app === undefined) throw new Error('the runtime has not started');
    return stageElsewhere(app, test, setup);
  },
});
