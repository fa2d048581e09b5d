/** The whole table for Koa. */

import { bodies } from '../node/bodies.ts';
import { heads } from '../node/heads.ts';
import { streams } from '../node/streams.ts';
import { uploads } from '../node/uploads.ts';
import { freeFunctions } from '../steps/free-functions.ts';
import { requestTrace } from '../steps/request-trace.ts';
import { tracedFunctions } from '../steps/traced-functions.ts';
import { answers } from './answers.ts';
import { errors } from './errors.ts';
import type { KoaCase } from './framework.ts';
import { middleware } from './middleware.ts';
import { routing } from './routing.ts';
import { fromNode, fromSteps } from './shared.ts';

export const koaCases: readonly KoaCase[] = [
  ...[...heads, ...bodies, ...streams, ...uploads].map(fromNode),
  ...answers,
  ...routing,
  ...errors,
  ...middleware,
  ...[...requestTrace, ...freeFunctions, ...tracedFunctions].map(fromSteps),
];
