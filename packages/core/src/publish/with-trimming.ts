/** A row that is too large for the platform arrives all the same, with its longest parts cut visibly. */

import { utf8Text } from '#platform';
import { jsonOf, parseJson } from '../trace/json-text.js';
import { head } from '../trace/well-formed.js';
import type { QueuedRow } from './row.js';
import { SendError, type Transport } from './transport.js';

/** Smaller than this, it is not its size that is refused. */
const LEAST_BYTES = 4096;

export function withTrimming(transport: Transport): Transport {
  return {
    async send(batch, options) {
      let { rows } = batch;
      const [given] = rows;
      for (;;) {
        try {
          return await transport.send({ ...batch, rows }, options);
        } catch (error) {
          const [row] = rows;
          // What is known of a row that was cut is known of the one that is kept.
          if (given !== undefined) given.arrival = row?.arrival;
          const isTooLarge = error instanceof SendError && error.code === 'too_large';
          if (!isTooLarge || row === undefined || rows.length > 1) throw error;
          const smaller = trimmed(row, row.bytes.byteLength >> 1);
          if (smaller === undefined) throw error;
          rows = [smaller];
        }
      }
    },
    close: () => transport.close(),
  };
}

/** The row in about so many bytes; undefined where that cannot be. */
export function trimmed(row: QueuedRow, maxBytes: number): QueuedRow | undefined {
  if (maxBytes < LEAST_BYTES) return undefined;
  const value: unknown = parseJson(utf8Text(row.bytes));
  for (let most = maxBytes; most >= 16; most >>= 1) {
    const text = jsonOf(cut(value, most, most >> 3));
    const bytes = new TextEncoder().encode(text);
    if (bytes.byteLength <= maxBytes) return { ...row, bytes };
  }
  return undefined;
}

/** A copy in which no text has more characters and no list more items, nor an object more keys below the columns. */
function cut(value: unknown, maxChars: number, maxItems: number): unknown {
  if (typeof value === 'string') {
    const most = Math.max(maxChars, 128);
    return value.length <= most
      ? value
      : `${head(value, most)}… [cut: ${value.length} characters, too large for the platform]`;
  }
  if (Array.isArray(value)) {
    const most = Math.max(maxItems, 4);
    const items = value.slice(0, most).map((item) => cut(item, maxChars, maxItems));
    // A list of steps stays one: what is cut from it shows in the texts of the others.
    if (value.length <= most || isStep(value[0])) return items;
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
