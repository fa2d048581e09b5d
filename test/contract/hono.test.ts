/** The contract of every adapter, kept by that of Hono. */

import { contract } from './contract.ts';
import { hono } from './hono-frameworks.ts';

contract(hono);
