import { faultsContract } from './faults.contract.ts';

faultsContract('Koa', 'koa-child.ts', [
  { version: '3', atLeast: 200 },
  { version: '2', atLeast: 10 },
]);
