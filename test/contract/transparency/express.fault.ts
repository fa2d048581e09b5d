import { faultsContract } from './faults.contract.ts';

faultsContract('Express', 'express-child.ts', [
  { version: '5', atLeast: 200 },
  { version: '4', atLeast: 10 },
]);
