/** The contract of every adapter, kept by that of Hono. */

import { contract } from '../suite/contract.ts';
import { hono } from './frameworks.ts';

contract(hono);
