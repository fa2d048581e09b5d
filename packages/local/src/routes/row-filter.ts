import { Refusal } from '../http/refusal.js';
import { foldedText } from '../page-api.js';
import { isJsonObject } from '../values/json.js';
import { numericOf } from '../values/numeric.js';
import { textsIn } from '../values/texts-in.js';

/** The row that a filter tests. */
interface Candidate {
  readonly number: number;
  /** The row as it was sent, in which searches look. */
  readonly row: object;
  /** The columns that filters may name. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** Whether a listing includes the row. */
export type RowFilter = (candidate: Candidate) => boolean;

/**
 * The filter in the body of a listing; undefined for `{}`. It has `columnFilters` of
 * `{measurement, operator, value}`, search strings, and arrays of row numbers.
 */
export function rowFilterOf(body: unknown): RowFilter | undefined {
  if (!isJsonObject(body)) throw new Refusal(400, 'the filter must be a JSON object');
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
  ['rowIdList', hasNumberIn],
  ['excludeRowIdList', (ids) => not(hasNumberIn(ids))],
  ['searchQueryAnd', (list) => search(list, (queries, has) => queries.every(has))],
  ['searchQueryOr', (list) => search(list, (queries, has) => queries.some(has))],
  ['notSearchQueryAnd', (list) => search(list, (queries, has) => !queries.every(has))],
  ['notSearchQueryOr', (list) => search(list, (queries, has) => !queries.some(has))],
]);

/** The row ids of the platform are our numbers. Uses a set, since the list may have a million numbers and every row is tested. */
function hasNumberIn(ids: readonly unknown[]): RowFilter {
  const set = new Set(ids);
  return ({ number }) => set.has(number);
}

function not(filter: RowFilter): RowFilter {
  return (row) => !filter(row);
}

type Has = (query: string) => boolean;

function search(
  list: readonly unknown[],
  combine: (queries: readonly string[], has: Has) => boolean,
): RowFilter {
  const queries = list.map((query) => {
    if (typeof query === 'string' && query.length <= 300) return foldedText(query);
    throw new Refusal(400, 'a search query must be a string of at most 300 characters');
  });
  return ({ row }) => {
    const texts = Array.from(textsIn(row), foldedText);
    return combine(queries, (query) => texts.some((text) => text.includes(query)));
  };
}

function columnFilters(list: readonly unknown[]): RowFilter {
  if (list.length > 5) throw new Refusal(400, 'at most 5 columnFilters are allowed');
  const filters = list.map((filter) => {
    if (!isJsonObject(filter) || typeof filter.measurement !== 'string') {
      throw new Refusal(400, 'a column filter is {measurement, operator, value}');
    }
    const { measurement, value } = filter;
    const operator = OPERATORS.get(String(filter.operator));
    if (!operator) throw new Refusal(400, `unknown operator "${filter.operator}"`);
    const isMatch = operator(value);
    return ({ columns }: Candidate) =>
      isMatch(Object.hasOwn(columns, measurement) ? columns[measurement] : null);
  });
  return (stored) => filters.every((matches) => matches(stored));
}

type IsMatch = (column: unknown) => boolean;

/** The test of a column against the value of a filter, by operator. */
const OPERATORS = new Map<string, (value: unknown) => IsMatch>([
  ['is', (value) => (column) => column === value],
  ['!=', (value) => (column) => column !== value],
  ['>', onNumbers((column, value) => column > value)],
  ['>=', onNumbers((column, value) => column >= value)],
  ['<', onNumbers((column, value) => column < value)],
  ['<=', onNumbers((column, value) => column <= value)],
  ['contains_any', (value) => containsAny(arrayOf(value))],
  ['contains_all', (value) => containsAll(arrayOf(value))],
  ['contains_none', (value) => negated(containsAny(arrayOf(value)))],
  ['one_of', (value) => isIn(arrayOf(value))],
  ['none_of', (value) => negated(isIn(arrayOf(value)))],
]);

function onNumbers(compare: (column: number | bigint, value: number | bigint) => boolean) {
  return (value: unknown): IsMatch => {
    const right = numericOf(value);
    return (column) => {
      const left = numericOf(column);
      return left !== undefined && right !== undefined && compare(left, right);
    };
  };
}

function containsAny(list: readonly unknown[]): IsMatch {
  const values = new Set(list);
  return (column) => arrayOf(column).some((each) => values.has(each));
}

function containsAll(list: readonly unknown[]): IsMatch {
  return (column) => {
    const has = new Set(arrayOf(column));
    return list.every((each) => has.has(each));
  };
}

function isIn(list: readonly unknown[]): IsMatch {
  const values = new Set(list);
  return (column) => values.has(column);
}

function negated(isMatch: IsMatch): IsMatch {
  return (column) => !isMatch(column);
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
