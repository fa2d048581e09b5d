import { isJsonObject, type JsonObject } from '../../common/json.js';

/**
 * The usage after a later event of the same stream. A field that the later event does not have, or has as 0 or as an empty array,
 * keeps its value.
 */
export function mergeUsage(earlier: JsonObject | undefined, later: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    const before = earlier?.[name];
    if (value === null || value === undefined) continue;
    const isNothing = value === 0 || (Array.isArray(value) && value.length === 0);
    if (isNothing && before !== undefined) continue;
    merged[name] = isJsonObject(value) && isJsonObject(before) ? mergeUsage(before, value) : value;
  }
  return merged;
}
