/** All dialects, the one first whose attributes win. */

import { aiSdk } from './ai-sdk.js';
import { common } from './common.js';
import { db } from './db.js';
import type { Dialect } from './dialect.js';
import { genAI } from './gen-ai.js';
import { http } from './http.js';
import { langfuse } from './langfuse.js';
import { langSmith } from './langsmith.js';
import { logfire } from './logfire.js';
import { mcp } from './mcp.js';
import { openInference } from './openinference.js';
import { openlayer } from './openlayer.js';
import { openLLMetry } from './openllmetry.js';

export const DIALECTS: readonly Dialect[] = [
  openlayer,
  langfuse,
  langSmith,
  common,
  genAI,
  openInference,
  openLLMetry,
  aiSdk,
  logfire,
  mcp,
  db,
  http,
];
