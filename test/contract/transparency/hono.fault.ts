import { faultsContract } from './faults.contract.ts';

faultsContract('Hono', 'hono-child.ts', [
  { version: 'node', atLeast: 200 },
  { version: 'web', atLeast: 20 },
]);
