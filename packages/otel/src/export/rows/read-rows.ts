/** Reads the rows of a batch and makes spans of them. */

import { type Batch, isJsonObject, tryParseJson } from '@openlayer-tracing/core/integration';
import type { ExportSettings } from './export-settings.js';
import type { ExportBatch, ExportSpan } from './export-span.js';
import { spansOfRow } from './spans-of-row.js';

export interface ReadBatch extends ExportBatch {
  /** Rows that were read. They have no spans if the app's own SDK sends all of them. */
  readonly rows: number;
  /** Rows that cannot be read, or have no step. */
  readonly unreadable: number;
}

export function readRows({ rows }: Batch, settings: ExportSettings): ReadBatch {
  const decoder = new TextDecoder();
  const spans: ExportSpan[] = [];
  let unreadable = 0;
  for (const { bytes } of rows) {
    const row = tryParseJson(decoder.decode(bytes));
    const found = isJsonObject(row) ? spansOfRow(row, settings) : undefined;
    if (found === undefined) unreadable++;
    else for (const span of found) spans.push(span);
  }
  return { resource: settings.resource, spans, rows: rows.length - unreadable, unreadable };
}

/** Rows that are lost because they cannot be read, for a delivery. */
export function unreadableRows({ unreadable }: ReadBatch): Readonly<Record<string, number>> {
  return unreadable === 0 ? {} : { internal_error: unreadable };
}
