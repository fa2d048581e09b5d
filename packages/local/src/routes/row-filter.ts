import { isRecord } from '../json.js';
import { Refusal } from '../refusal.js';

/** The row that a filter tests. */
interface Candidate {
  readonly id: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Whether a listing includes the row. */
export type RowFilter = (candidate: Candidate) => boolean;

/**
 * The filter in the body of a listing; undefined for `{}`. It has `columnFilters` of
 * `{measurement, operator, value}`, search strings, and arrays of row numbers.
 */
export function rowFilterOf(body: unknown): RowFilter | undefined {
  if (!isRecord(body)) throw new Refusal(400, 'the filter must be a JSON object');
  const filters = Object.entries(body)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => {
      const make = FILTERS.get(key);
      if (!make) throw new Refusal(400, `unknown filter "${key}"`);
      if (!Array.isArray(value)) throw new Refusal(400, `${key} must be an array`);
      return make(value);
    });
  return filters.length === 0 ? undefined : (row) => filters.every((matches) => matches(row));
}

const FILTERS = new Map<string, (list: readonly unknown[]) => RowFilter>([
  ['columnFilters', columnFilters],
  ['rowIdList', (ids) => (stored) => ids.includes(stored.id)],
  ['excludeRowIdList', (ids) => (stored) => !ids.includes(stored.id)],
  ['searchQueryAnd', (list) => search(list, (queries, has) => queries.every(has))],
  ['searchQueryOr', (list) => search(list, (queries, has) => queries.some(has))],
  ['notSearchQueryAnd', (list) => search(list, (queries, has) => !queries.every(has))],
  ['notSearchQueryOr', (list) => search(list, (queries, has) => !queries.some(has))],
]);

type Has = (query: string) => boolean;

function search(
  list: readonly unknown[],
  combine: (queries: readonly string[], has: Has) => boolean,
): RowFilter {
  const queries = list.map((query) => {
    if (typeof query === 'string' && query.length <= 300) return query.toLowerCase();
    throw new Refusal(400, 'a search query must be a string of at most 300 characters');
  });
  return ({ row }) => {
    const text = JSON.stringify(row).toLowerCase();
    return combine(queries, (query) => text.includes(query));
  };
}

function columnFilters(list: readonly unknown[]): RowFilter {
  if (list.length > 5) throw new Refusal(400, 'at most 5 columnFilters are allowed');
  const filters = list.map((filter) => {
    if (!isRecord(filter) || typeof filter.measurement !== 'string') {
      throw new Refusal(400, 'a column filter is {measurement, operator, value}');
    }
    const { measurement, value } = filter;
    const compare = OPERATORS.get(String(filter.operator));
    if (!compare) throw new Refusal(400, `unknown operator "${filter.operator}"`);
    return ({ row }: Candidate) =>
      compare(Object.hasOwn(row, measurement) ? row[measurement] : null, value);
  });
  return (stored) => filters.every((matches) => matches(stored));
}

const OPERATORS = new Map<string, (column: unknown, value: unknown) => boolean>([
  ['is', (column, value) => column === value],
  ['!=', (column, value) => column !== value],
  ['>', onNumbers((column, value) => column > value)],
  ['>=', onNumbers((column, value) => column >= value)],
  ['<', onNumbers((column, value) => column < value)],
  ['<=', onNumbers((column, value) => column <= value)],
  ['contains_any', (column, value) => listOf(value).some((one) => listOf(column).includes(one))],
  ['contains_all', (column, value) => listOf(value).every((one) => listOf(column).includes(one))],
  ['contains_none', (column, value) => !listOf(value).some((one) => listOf(column).includes(one))],
  ['one_of', (column, value) => listOf(value).includes(column)],
  ['none_of', (column, value) => !listOf(value).includes(column)],
]);

function onNumbers(compare: (column: number, value: number) => boolean) {
  return (column: unknown, value: unknown) =>
    typeof column === 'number' && typeof value === 'number' && compare(column, value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
