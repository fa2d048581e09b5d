/** The contract of every adapter, kept by that of Express. */

import { contract } from '../suite/contract.ts';
import { expressVersions } from './frameworks.ts';

for (const framework of expressVersions) contract(framework);
