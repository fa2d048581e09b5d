/** The contract of every adapter, kept by that of Koa. */

import { contract } from './contract.ts';
import { koaVersions } from './koa-frameworks.ts';

for (const framework of koaVersions) contract(framework);
