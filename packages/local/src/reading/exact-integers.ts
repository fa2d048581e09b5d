/**
 * Integers above 2^53, such as the ids of some databases, lose digits in JSON.parse. A row keeps all of their digits, as
 * text, except where the row has measures: there it keeps the number.
 */

import type { DataStreamRequest, WireRow } from '@openlayer-tracing/core/wire';
import { isRecord } from '../values/json.js';
import { type ConfigKey, columnNamed } from './columns.js';

/** The columns with measures. */
const MEASURES: Partial<Record<ConfigKey, string>> = {
  latencyColumnName: 'latency',
  costColumnName: 'cost',
  numOfTokenColumnName: 'tokens',
  timestampColumnName: 'inferenceTimestamp',
};

type Row = Record<string, unknown>;

/**
 * The request with all digits of its integers.
 * @param rounded the request as JSON.parse reads it
 * @param exact the same with large integers as text; it is changed
 */
export function withExactIntegers(
  rounded: DataStreamRequest,
  exact: DataStreamRequest,
): DataStreamRequest {
  const rows = rounded.rows.map((row, index) =>
    rowWithExactIntegers(row, exact.rows[index] ?? row, rounded.config),
  );
  return { ...rounded, rows };
}

/** As `withExactIntegers`, for one row. */
export function rowWithExactIntegers<R extends object>(rounded: R, exact: R, config: object): R {
  const [from, to] = [rounded as Row, exact as Row];
  const measures = Object.entries(MEASURES).map(
    ([key, name]) => columnNamed(config, key as ConfigKey) ?? name,
  );
  restoreNumbers(from, to, measures);
  const pending: (readonly [from: unknown, to: unknown])[] = [[from.steps, to.steps]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [before, after] = next;
    if (!Array.isArray(before) || !Array.isArray(after)) continue;
    for (const [index, step] of before.entries()) {
      const copy: unknown = after[index];
      if (!isRecord(step) || !isRecord(copy)) continue;
      restoreNumbers(step, copy as Row, Object.keys(step));
      pending.push([step.steps, copy.steps]);
    }
  }
  return exact;
}

function restoreNumbers(from: WireRow | Row, to: Row, names: readonly string[]): void {
  for (const name of names) {
    if (Object.hasOwn(from, name) && typeof from[name] === 'number') to[name] = from[name];
  }
}
