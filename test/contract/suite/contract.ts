/** What holds for every adapter, whatever the framework and the runtime. */

import type { Framework } from '../harness/frameworks.ts';
import { aborts } from './aborts.contract.ts';
import { connections } from './connections.contract.ts';
import { identity } from './identity.contract.ts';
import { inputs } from './inputs.contract.ts';
import { isolation } from './isolation.contract.ts';
import { options } from './options.contract.ts';
import { outcomes } from './outcomes.contract.ts';
import { output } from './output.contract.ts';
import { scope } from './scope.contract.ts';
import { secrets } from './secrets.contract.ts';
import { traceContext } from './trace-context.contract.ts';

export function contract(framework: Framework): void {
  describe(framework.name, () => {
    isolation(framework);
    outcomes(framework);
    aborts(framework);
    connections(framework);
    inputs(framework);
    output(framework);
    identity(framework);
    scope(framework);
    secrets(framework);
    options(framework);
    traceContext(framework);
  });
}
