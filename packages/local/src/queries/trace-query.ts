import { integerParameter } from '../http/integer-parameter.js';
import { Refusal } from '../http/refusal.js';
import {
  FEEDBACK_FILTERS,
  MARKS,
  MAX_PAGE_LENGTH,
  MAX_SEARCH_LENGTH,
  OUTCOMES,
  SORT_COLUMNS,
  SORT_ORDERS,
  type SortColumn,
  type SortOrder,
  TRACERS,
  type TraceQuery,
} from '../page-api.js';

/** A query with its defaults. */
export interface ParsedQuery extends TraceQuery {
  readonly sort: SortColumn;
  readonly order: SortOrder;
  readonly limit: number;
}

/** Most values of one filter. */
const MAX_VALUES = 100;

/** Reads a `TraceQuery` from the parameters of a URL. @throws Refusal 400 if one is wrong or unknown */
export function parseQuery(params: URLSearchParams): ParsedQuery {
  const query: { -readonly [K in keyof ParsedQuery]: ParsedQuery[K] } = {
    sort: 'time',
    order: 'desc',
    limit: 50,
  };
  for (const key of new Set(params.keys())) {
    const values = params.getAll(key);
    const value = values[0] ?? '';
    switch (key) {
      case 'pipeline':
      case 'cursor':
        query[key] = value;
        break;
      case 'q':
        query.q = searchOf(value);
        break;
      case 'name':
      case 'route':
      case 'model':
      case 'user':
      case 'session':
        query[key] = valuesOf(key, values);
        break;
      case 'status':
        query.status = valuesOf(key, values).map((each) => {
          if (/^[1-9](\d\d|xx)$/.test(each)) return each;
          throw wrong('status must be a number such as 404, or a class such as 4xx');
        });
        break;
      case 'outcome':
        query.outcome = oneOfEach(key, values, OUTCOMES);
        break;
      case 'dialect':
        query.dialect = oneOfEach(key, values, TRACERS);
        break;
      case 'mark':
        query.mark = oneOfEach(key, values, MARKS);
        break;
      case 'failed':
        query.failed = oneOf(key, value, ['true', 'false']) === 'true';
        break;
      case 'feedback':
        query.feedback = oneOf(key, value, FEEDBACK_FILTERS);
        break;
      case 'from':
      case 'to':
      case 'minLatency':
      case 'maxLatency':
      case 'minCost':
      case 'minTokens':
        query[key] = numberOf(key, value);
        break;
      case 'sort':
        query.sort = oneOf(key, value, SORT_COLUMNS);
        break;
      case 'order':
        query.order = oneOf(key, value, SORT_ORDERS);
        break;
      case 'limit':
        query.limit = limitOf(value);
        break;
      default:
        throw wrong(`${key} is not known`);
    }
  }
  return query;
}

/** The words of a search. @throws Refusal 400 if they are too long */
export function searchOf(text: string): string {
  if (text.length <= MAX_SEARCH_LENGTH) return text;
  throw wrong(`q may have ${MAX_SEARCH_LENGTH} characters at most`);
}

/** The length of a page. @throws Refusal 400 */
export function limitOf(text: string): number {
  return integerParameter('limit', text, [1, MAX_PAGE_LENGTH]);
}

function numberOf(key: string, text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value)) return value;
  throw wrong(`${key} must be a number`);
}

function valuesOf(key: string, values: readonly string[]): readonly string[] {
  if (values.length > MAX_VALUES) throw wrong(`${key} may have ${MAX_VALUES} values at most`);
  return values;
}

/** The value, which has to be one of a list. @throws Refusal 400 */
export function oneOf<T extends string>(key: string, value: string, all: readonly T[]): T {
  const found = all.find((each) => each === value);
  if (found === undefined) throw wrong(`${key} must be one of ${all.join(', ')}`);
  return found;
}

function oneOfEach<T extends string>(
  key: string,
  values: readonly string[],
  all: readonly T[],
): readonly T[] {
  return valuesOf(key, values).map((value) => oneOf(key, value, all));
}

function wrong(message: string): Refusal {
  return new Refusal(400, message, { isViolation: false });
}
