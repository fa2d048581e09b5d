/**
 * Integers above 2^53, such as the ids of some databases, lose digits in JSON.parse. A row keeps all of their digits, as
 * text, except in fields that are numbers in the API: those keep the number.
 */

import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { isJsonObject } from '../values/json.js';
import { type ConfigKey, columnNamed } from './columns.js';

/** The columns of numbers. */
const NUMBER_COLUMNS: Partial<Record<ConfigKey, string>> = {
  latencyColumnName: 'latency',
  costColumnName: 'cost',
  numOfTokenColumnName: 'tokens',
  timestampColumnName: 'inferenceTimestamp',
};

type Row = Record<string, unknown>;

/**
 * The request with all digits of its integers.
 * @param rounded the request as JSON.parse reads it
 * @param exact the same with large integers as text
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
  const columns = Object.entries(NUMBER_COLUMNS).map(
    ([key, name]) => columnNamed(config, key as ConfigKey) ?? name,
  );
  const row = { ...exact, ...numbersOf(rounded as Row, columns) };
  const pending: [rounded: Row, copy: Row][] = [[rounded as Row, row as Row]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [{ steps: before }, copy] = next;
    if (!Array.isArray(before) || !Array.isArray(copy.steps)) continue;
    copy.steps = copy.steps.map((step: unknown, index) => {
      const from: unknown = before[index];
      if (!isJsonObject(from) || !isJsonObject(step)) return step;
      const restored = { ...step, ...numbersOf(from, Object.keys(from)) };
      pending.push([from, restored]);
      return restored;
    });
  }
  return row;
}

/** The members with these names that are numbers. */
function numbersOf(from: Row, names: readonly string[]): Row {
  const numbers = names.filter(
    (name) => Object.hasOwn(from, name) && typeof from[name] === 'number',
  );
  return Object.fromEntries(numbers.map((name) => [name, from[name]]));
}
