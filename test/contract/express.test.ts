/** The contract of every adapter, kept by that of Express. */

import { contract } from './contract.ts';
import { expressVersions } from './express-frameworks.ts';

for (const framework of expressVersions) contract(framework);
