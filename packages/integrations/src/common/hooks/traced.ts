import { processWide } from '@openlayer-tracing/core/integration';

/** Process-wide, since several copies and builds of this package may trace one client, whose calls must be recorded once. */
const traced = processWide('integrations.traced.v1', () => new WeakSet<object>());

/** Whether any copy or build of this package traces the client, model or function. */
export function isTraced(target: object): boolean {
  return traced.has(target);
}

/** @returns false if it was traced already */
export function markTraced(target: object): boolean {
  if (traced.has(target)) return false;
  traced.add(target);
  return true;
}
