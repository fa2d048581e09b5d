import { isJsonObject } from '../values/json.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIMING_KEY = /time|latency|duration|ms$|At$/i;

/** The value without parts that differ between two runs: numbers under timing keys, and UUIDs. */
export function stripVolatile(value: unknown): unknown {
  if (typeof value === 'string') return UUID.test(value) ? '(uuid)' : value;
  if (Array.isArray(value)) return value.map(stripVolatile);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(typeof inner === 'number' && TIMING_KEY.test(key)))
      .map(([key, inner]) => [key, stripVolatile(inner)]),
  );
}
