/** The contract of every adapter, kept by that of Hono. */

import { aborts } from './aborts.contract.ts';
import { connections } from './connections.contract.ts';
import { hono } from './hono-frameworks.ts';
import { identity } from './identity.contract.ts';
import { inputs } from './inputs.contract.ts';
import { isolation } from './isolation.contract.ts';
import { options } from './options.contract.ts';
import { outcomes } from './outcomes.contract.ts';
import { output } from './output.contract.ts';
import { scope } from './scope.contract.ts';
import { secrets } from './secrets.contract.ts';

describe(hono.name, () => {
  isolation(hono);
  outcomes(hono);
  aborts(hono);
  connections(hono);
  inputs(hono);
  output(hono);
  identity(hono);
  scope(hono);
  secrets(hono);
  options(hono);
});
