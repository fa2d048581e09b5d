/** The whole table for Hono. */

import { bodies } from '../node/bodies.ts';
import { heads } from '../node/heads.ts';
import { streams } from '../node/streams.ts';
import { uploads } from '../node/uploads.ts';
import { freeFunctions } from '../steps/free-functions.ts';
import { requestTrace } from '../steps/request-trace.ts';
import { tracedFunctions } from '../steps/traced-functions.ts';
import { answers } from './answers.ts';
import { errors } from './errors.ts';
import type { HonoCase } from './framework.ts';
import { middleware } from './middleware.ts';
import { routing } from './routing.ts';
import { fromNode, fromSteps } from './shared.ts';

/** What needs nothing of Node. */
export const webCases: readonly HonoCase[] = [
  ...answers,
  ...routing,
  ...errors,
  ...middleware,
  ...[...requestTrace, ...freeFunctions, ...tracedFunctions].map(fromSteps),
];

export const honoCases: readonly HonoCase[] = [
  ...[...heads, ...bodies, ...streams, ...uploads].map(fromNode),
  ...webCases,
];
