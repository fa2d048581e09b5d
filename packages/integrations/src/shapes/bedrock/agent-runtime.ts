/** What the readers of Bedrock's agents, flows and knowledge bases share. */

import { percentDecoded } from '@openlayer-tracing/core/integration';
import type { JsonObject } from '../../common/json.js';

/** The most steps that are recorded of the work that one response reports. */
export const MAX_REPORTED_STEPS = 256;

/** The groups of a pattern for a path, under these names. */
export function pathParameters(url: URL, path: RegExp, ...names: readonly string[]): JsonObject {
  const parts = path.exec(url.pathname)?.slice(1) ?? [];
  return Object.fromEntries(names.map((name, i) => [name, percentDecoded(parts[i] ?? '')]));
}

/** Epoch milliseconds of seconds since the epoch or of a date string; undefined for anything else. */
export function epochMs(time: unknown): number | undefined {
  if (typeof time === 'number') return time * 1000;
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
