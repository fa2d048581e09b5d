/** Reads the rows of a batch and makes spans of them. */

import { type Batch, isJsonObject, tryParseJson } from '@openlayer-tracing/core/integration';
import type { SpanSettings } from '../options/export-options.js';
import type { ExportBatch, ExportSpan } from './export-span.js';
import { spansOfRow } from './spans-of-row.js';

export interface ReadBatch extends ExportBatch {
  /** Rows that gave spans. */
  readonly rows: number;
  /** Rows that cannot be read, or have no step. */
  readonly unreadable: number;
}

export function readRows({ rows }: Batch, settings: SpanSettings): ReadBatch {
  const decoder = new TextDecoder();
  const spans: ExportSpan[] = [];
  let unreadable = 0;
  for (const { bytes } of rows) {
    const row = tryParseJson(decoder.decode(bytes));
    const found = isJsonObject(row) ? spansOfRow(row, settings) : [];
    if (found.length === 0) unreadable++;
    for (const span of found) spans.push(span);
  }
  return { resource: settings.resource, spans, rows: rows.length - unreadable, unreadable };
}

/** Rows that are lost because they cannot be read, for a delivery. */
export function unreadableRows({ unreadable }: ReadBatch): Readonly<Record<string, number>> {
  return unreadable === 0 ? {} : { internal_error: unreadable };
}
