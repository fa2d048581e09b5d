/** The contract of every adapter, kept by that of Koa. */

import { contract } from '../suite/contract.ts';
import { koaVersions } from './frameworks.ts';

for (const framework of koaVersions) contract(framework);
