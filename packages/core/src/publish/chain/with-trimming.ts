/** Cuts the longest values of a row that the platform refuses as too large, with marks, and sends it again. */

import { jsonOf, parseJson } from '../../values/json/json-text.js';
import { cutTo } from '../../values/text/well-formed.js';
import type { QueuedRow } from '../row/queued-row.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';

/** A row of fewer bytes is not refused because of its size. */
const MIN_BYTES = 4096;
/** No string is cut shorter, and no array. */
const MIN_CHARS = 128;
const MIN_ITEMS = 4;

/** A transport that halves a single row that is too large, until it is accepted or would have less than 4096 bytes. */
export function withTrimming(transport: RowTransport): RowTransport {
  return {
    async send(batch, options) {
      let { rows } = batch;
      const [original] = rows;
      for (;;) {
        try {
          return await transport.send({ ...batch, rows }, options);
        } catch (error) {
          const [row] = rows;
          // The spool has the original, which counts as arrived if the cut row has.
          if (original !== undefined && row !== undefined) original.setArrival(row.arrival);
          const isTooLarge = error instanceof SendError && error.code === 'too_large';
          if (!isTooLarge || row === undefined || rows.length > 1) throw error;
          const smaller = trimmed(row, row.byteLength >> 1);
          if (smaller === undefined) throw error;
          rows = [smaller];
        }
      }
    },
    close: () => transport.close(),
  };
}

/** The row in at most `maxBytes`; undefined if that is not possible. */
export function trimmed(row: QueuedRow, maxBytes: number): QueuedRow | undefined {
  if (maxBytes < MIN_BYTES) return undefined;
  const value: unknown = parseJson(row.text);
  for (let size = maxBytes; size >= 16; size >>= 1) {
    const text = jsonOf(cut(value, Math.max(size, MIN_CHARS), Math.max(size >> 3, MIN_ITEMS)));
    const smaller = row.withText(text);
    if (smaller.byteLength <= maxBytes) return smaller;
  }
  return undefined;
}

/** A copy whose strings have at most `maxChars` characters and whose arrays at most `maxItems` items. */
function cut(value: unknown, maxChars: number, maxItems: number): unknown {
  if (typeof value === 'string') {
    return value.length <= maxChars
      ? value
      : `${cutTo(value, maxChars)}… [cut: ${value.length} characters, too large for the platform]`;
  }
  if (Array.isArray(value)) {
    const items = value.slice(0, maxItems).map((item) => cut(item, maxChars, maxItems));
    // No mark among steps, where the platform expects steps alone.
    if (value.length <= maxItems || isStep(value[0])) return items;
    return [...items, `… [cut: ${value.length} items, too large for the platform]`];
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, cut(each, maxChars, maxItems)]),
  );
}

function isStep(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'startTime' in value && 'steps' in value;
}
