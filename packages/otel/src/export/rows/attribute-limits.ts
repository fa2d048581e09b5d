/** Limits the attributes of a span. */

import { cutTo, tryParseJson, withoutHalf } from '@openlayer-tracing/core/integration';
import {
  type Attributes,
  type AttributeValue,
  isAttributeValue,
} from '../../dialects/data/span-data.js';
import type { SpanSettings } from './export-settings.js';

export interface AttributeLimits {
  readonly maxAttributes: number;
  /** Of a value, in bytes of UTF-8. */
  readonly maxAttributeBytes: number;
}

/** As OpenTelemetry's SDKs by default. */
const MAX_ATTRIBUTES = 128;

/** The limits of what an export sends. */
export function limitsOf({ maxAttributeBytes }: SpanSettings): AttributeLimits {
  return { maxAttributes: MAX_ATTRIBUTES, maxAttributeBytes };
}

/** Names the attributes of a span that were cut. */
const CUT_ATTRIBUTES = 'openlayer.cut_attributes';

/**
 * The first attributes, and how many were left out. Longer values are cut. A cut JSON text is still JSON, since a backend cannot
 * read a half of one.
 */
export function limitedAttributes(
  attributes: Readonly<Record<string, unknown>>,
  { maxAttributes, maxAttributeBytes }: AttributeLimits,
): { readonly attributes: Attributes; readonly dropped: number } {
  const entries = Object.entries(attributes).filter(isAttribute);
  const cut: string[] = [];
  // One place is kept for the names of those that are cut.
  const most = entries.length > maxAttributes ? maxAttributes - 1 : maxAttributes;
  const kept = entries.slice(0, most).map(([key, value]): [string, AttributeValue] => {
    const limited = limitedValue(value, maxAttributeBytes);
    if (limited !== value) cut.push(key);
    return [key, limited];
  });
  if (cut.length > 0) {
    if (kept.length === maxAttributes) kept.pop();
    kept.push([CUT_ATTRIBUTES, limitedValue(cut, maxAttributeBytes)]);
  }
  const own = cut.length > 0 ? 1 : 0;
  return {
    attributes: Object.fromEntries(kept),
    dropped: entries.length - (kept.length - own),
  };
}

function isAttribute(entry: [string, unknown]): entry is [string, AttributeValue] {
  return isAttributeValue(entry[1]);
}

/** The value itself if it is short enough. */
function limitedValue(value: AttributeValue, maxBytes: number): AttributeValue {
  if (typeof value === 'string') return cutText(value, maxBytes);
  if (typeof value !== 'object') return value;
  let left = maxBytes;
  const items: string[] = [];
  for (const each of value) {
    const text = cutString(each, left);
    if (text !== each && left < maxBytes) break;
    items.push(text);
    left -= utf8Bytes(text);
  }
  const isWhole = items.length === value.length && items.every((each, i) => each === value[i]);
  return isWhole ? value : items;
}

/** A text of at most `maxBytes`; one of JSON stays one. */
export function cutText(text: string, maxBytes: number): string {
  // Three bytes are the most that one unit takes.
  if (text.length * 3 <= maxBytes || utf8Bytes(text) <= maxBytes) return text;
  const value = /^["[{]/.test(text) ? tryParseJson(text) : undefined;
  return value === undefined ? cutString(text, maxBytes) : cutJson(value, maxBytes);
}

const MARK = '…';
const MARK_BYTES = 3;

function cutString(text: string, maxBytes: number): string {
  if (utf8Bytes(text) <= maxBytes) return text;
  if (maxBytes < MARK_BYTES) return '';
  let left = maxBytes - MARK_BYTES;
  let units = 0;
  for (; units < text.length; units++) {
    left -= bytesOfUnit(text.charCodeAt(units));
    if (left < 0) break;
  }
  return withoutHalf(text.slice(0, units)) + MARK;
}

/** Shorter and shorter strings, then fewer and fewer items, until it fits. */
function cutJson(value: unknown, maxBytes: number): string {
  for (let maxItems = maxBytes; maxItems >= 1; maxItems = Math.floor(maxItems / 8)) {
    const shortest = JSON.stringify(cutValue(value, 0, maxItems));
    if (utf8Bytes(shortest) > maxBytes) continue;
    return longestThatFits(value, shortest, { maxItems, maxBytes });
  }
  return Array.isArray(value) ? '[]' : typeof value === 'string' ? '""' : '{}';
}

/** By bisection, the text with the longest strings. */
function longestThatFits(
  value: unknown,
  shortest: string,
  { maxItems, maxBytes }: { readonly maxItems: number; readonly maxBytes: number },
): string {
  let best = shortest;
  let low = 0;
  let high = maxBytes;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const text = JSON.stringify(cutValue(value, middle, maxItems));
    if (utf8Bytes(text) <= maxBytes) {
      best = text;
      low = middle;
    } else {
      high = middle;
    }
  }
  return best;
}

/** Short strings are names, roles and ids, without which the rest means nothing. */
const KEPT_CHARS = 24;

function cutValue(value: unknown, maxChars: number, maxItems: number): unknown {
  if (typeof value === 'string') {
    return value.length <= Math.max(maxChars, KEPT_CHARS) ? value : cutTo(value, maxChars) + MARK;
  }
  if (Array.isArray(value)) {
    return value.slice(0, maxItems).map((each) => cutValue(each, maxChars, maxItems));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([key, each]) => [key, cutValue(each, maxChars, maxItems)]),
  );
}

/** The length in bytes of UTF-8, of a well-formed string. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += bytesOfUnit(text.charCodeAt(i));
  return bytes;
}

/** A surrogate pair takes four bytes: two for each half. */
function bytesOfUnit(unit: number): number {
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
}
