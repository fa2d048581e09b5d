/** Cuts values that are too long for a response. */

import { cutText } from '../values/cut-text.js';
import { type JsonObject, toJson } from '../values/json.js';

/** A member is long if its text is longer than the limit divided by this. */
const SHORT_SHARE = 256;

/**
 * The members of an object whose JSON text is longer than `maxLength`, cut so that it fits: short members stay whole, and the
 * long ones share the rest. Where there is no room for all members, the last one says how many are missing.
 */
export function cutMembers(members: JsonObject, maxLength: number): JsonObject {
  const short = Math.floor(maxLength / SHORT_SHARE);
  let room = maxLength - short;
  let missing = 0;
  const kept: { readonly name: string; readonly value: unknown; readonly json: string }[] = [];
  for (const [name, value] of Object.entries(members)) {
    const json = toJson(value) ?? 'null';
    const least = JSON.stringify(name).length + Math.min(json.length, short) + 2;
    if (least > room) {
      missing += 1;
    } else {
      room -= least;
      kept.push({ name, value, json });
    }
  }
  const long = kept.filter(({ json }) => json.length > short);
  const share = short + Math.floor(room / Math.max(long.length, 1));
  const cut = kept.map(({ name, value, json }) => [name, cutValue(value, json, share)]);
  if (missing > 0) cut.push(['…', `[cut: ${missing} more members]`]);
  return Object.fromEntries(cut);
}

/** The beginning of the value's text that fits, and a mark with its full length. */
function cutValue(value: unknown, json: string, maxLength: number): unknown {
  if (json.length <= maxLength) return value;
  const text = typeof value === 'string' ? value : json;
  const mark = `… [cut: ${text.length} characters in all]`;
  for (let length = Math.min(text.length, maxLength); ; length = Math.floor(length / 2)) {
    const cut = cutText(text, length) + mark;
    // An escaped character may take six.
    if (JSON.stringify(cut).length <= maxLength) return cut;
  }
}
