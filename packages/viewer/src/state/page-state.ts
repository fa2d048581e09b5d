/** The state of the page that its address holds: filters, order, columns, trace, step, tab, clock. */

import {
  FEEDBACK_FILTERS,
  MARKS,
  MAX_SEARCH_LENGTH,
  OUTCOMES,
  OVERVIEW_GROUPINGS,
  type OverviewGrouping,
  SORT_COLUMNS,
  SORT_ORDERS,
  TRACERS,
  type TraceQuery,
} from '../../../local/src/page-api.js';
import type { Clock } from '../format.js';

export const STEP_TABS = [
  'conversation',
  'input',
  'output',
  'parameters',
  'metadata',
  'raw',
] as const;
export const MODES = ['chat', 'plain', 'markdown', 'json'] as const;
/** Lengths of time that end now, by their names in the address. */
export const RANGES: Readonly<Record<string, number>> = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '6h': 6 * 3_600_000,
  '24h': 24 * 3_600_000,
  '7d': 7 * 24 * 3_600_000,
};

/** A status, or all of its hundred, as the server takes them. */
const STATUS = /^[1-9](\d\d|xx)$/;

/** The last time that fields for a time can show. */
const LAST_TIME = Date.UTC(9999, 11, 31);

export type StepTab = (typeof STEP_TABS)[number];
/** Ways to show contents: as messages, as text, as formatted text, as a tree. */
export type Mode = (typeof MODES)[number];

/** Everything that an address can hold. An absent member has its default. */
export interface PageState extends Omit<TraceQuery, 'cursor' | 'limit'> {
  /** A range that ends now, instead of `from` and `to`. */
  readonly last?: string;
  readonly columns?: readonly string[];
  /** Rows of the list: one line, or two with the whole preview. */
  readonly lines?: 2;
  /** The trace in the pane beside the list. */
  readonly trace?: number;
  readonly step?: number;
  readonly view?: StepTab;
  /** Shows a table of the steps by name instead of their tree. */
  readonly steps?: 'names';
  readonly mode?: Mode;
  /** Words that are searched within one trace. */
  readonly find?: string;
  /** Override the settings of the reader. */
  readonly zone?: Clock['zone'];
  readonly clock?: Clock['style'];
  /** Numbers of the traces that are compared. */
  readonly a?: number;
  readonly b?: number;
  /** What the overview is grouped by. */
  readonly by?: OverviewGrouping;
}

type Params = Readonly<Record<string, unknown>>;

/** Reads `?a=1&b=2&b=3`: a name that is there twice has an array. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const params: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = Object.hasOwn(params, name) ? params[name] : undefined;
    if (before === undefined) params[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else params[name] = [before, value];
  }
  return params;
}

/** The text for the address, with the names in order, so that equal states have equal addresses. */
export function stringifySearch(search: Params): string {
  const params = new URLSearchParams();
  for (const name of Object.keys(search).sort()) {
    const value = search[name];
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') params.append(name, String(each));
    }
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** The state in an address, without unknown names and wrong values. */
export function readPageState(params: Params): PageState {
  return known({
    ...readFilters(params),
    sort: oneOf(params.sort, SORT_COLUMNS),
    order: oneOf(params.order, SORT_ORDERS),
    last:
      typeof params.last === 'string' && Object.hasOwn(RANGES, params.last)
        ? params.last
        : undefined,
    columns: texts(params.columns),
    lines: String(params.lines) === '2' ? (2 as const) : undefined,
    trace: number(params.trace),
    step: number(params.step),
    view: oneOf(params.view, STEP_TABS),
    steps: oneOf(params.steps, ['names'] as const),
    mode: oneOf(params.mode, MODES),
    find: text(params.find),
    zone: oneOf(params.zone, ['utc', 'local'] as const),
    clock: oneOf(params.clock, ['absolute', 'relative'] as const),
    a: number(params.a),
    b: number(params.b),
    by: oneOf(params.by, OVERVIEW_GROUPINGS),
  });
}

/** The members that are filters. */
export const FILTERS = [
  ...(['pipeline', 'q', 'from', 'to', 'last', 'name', 'route', 'outcome', 'status'] as const),
  ...(['model', 'user', 'session', 'dialect', 'mark', 'failed', 'feedback'] as const),
  ...(['minLatency', 'maxLatency', 'minCost', 'minTokens'] as const),
] as const satisfies readonly (keyof PageState)[];

/** The filters, without everything else. */
export function filtersOf(state: PageState): PageState {
  return known(Object.fromEntries(FILTERS.map((name) => [name, state[name]])));
}

/** The filters and the order of the list. Defaults are left out. */
export function listQueryOf(state: PageState): PageState {
  const { sort, order } = state;
  return known({
    ...filtersOf(state),
    sort: sort === 'time' ? undefined : sort,
    order: order === 'desc' ? undefined : order,
  });
}

/** A text for the filters and the order: equal ones have equal keys, that of none is empty. */
export function listKey(state: PageState): string {
  return stringifySearch({ ...listQueryOf(state) });
}

/** What a link to another page keeps: how the list and times are shown, and not what is open on this page. */
export function keptState(state: PageState): PageState {
  const { zone, clock, columns, lines } = state;
  return known({ ...listQueryOf(state), zone, clock, columns, lines });
}

/** The state with `from` instead of a range that ends now. */
export function atTime({ last, ...state }: PageState, now: number): PageState {
  const length = last === undefined ? undefined : RANGES[last];
  if (length === undefined) return state;
  const { to: _, ...others } = state;
  return { ...others, from: now - length };
}

/** The range of time of a filter. */
export type FilteredTime = Pick<PageState, 'from' | 'to'>;

/** The filter for a part of the range of another filter: a bucket of an overview may begin before that, and end after it. */
export function partOf(
  { from: first = Number.NEGATIVE_INFINITY, to: end = Number.POSITIVE_INFINITY }: FilteredTime,
  [from, to]: readonly [from: number, to: number],
): { readonly from: number; readonly to: number; readonly last: undefined } {
  return { from: Math.max(first, from), to: Math.min(end, to), last: undefined };
}

/** The filters and the order as the server takes them. */
export function toTraceQuery(
  state: PageState,
  now: number,
  more: Partial<TraceQuery> = {},
): string {
  return stringifySearch({ ...atTime(listQueryOf(state), now), ...more });
}

function readFilters(params: Params): Partial<PageState> {
  return {
    pipeline: text(params.pipeline),
    q: text(params.q)?.slice(0, MAX_SEARCH_LENGTH),
    from: time(params.from),
    to: time(params.to),
    name: texts(params.name),
    route: texts(params.route),
    outcome: texts(params.outcome)?.filter((each) => isOneOf(each, OUTCOMES)),
    status: texts(texts(params.status)?.map((each) => each.toLowerCase()))?.filter((each) =>
      STATUS.test(each),
    ),
    model: texts(params.model),
    user: texts(params.user),
    session: texts(params.session),
    dialect: texts(params.dialect)?.filter((each) => isOneOf(each, TRACERS)),
    mark: texts(params.mark)?.filter((each) => isOneOf(each, MARKS)),
    failed: String(params.failed) === 'true' ? true : undefined,
    feedback: oneOf(params.feedback, FEEDBACK_FILTERS),
    minLatency: number(params.minLatency),
    maxLatency: number(params.maxLatency),
    minCost: number(params.minCost),
    minTokens: number(params.minTokens),
  } as Partial<PageState>;
}

function text(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'number') return String(first);
  return typeof first === 'string' && first !== '' ? first : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  const all = (Array.isArray(value) ? value : [value]).filter(
    (each) => typeof each === 'string' && each !== '',
  );
  return all.length > 0 ? [...new Set<string>(all)] : undefined;
}

function number(value: unknown): number | undefined {
  const read = text(value);
  const parsed = read === undefined ? Number.NaN : Number(read);
  return Number.isFinite(parsed) && parsed >= 0 ? parsed : undefined;
}

function time(value: unknown): number | undefined {
  const read = number(value);
  return read !== undefined && read <= LAST_TIME ? read : undefined;
}

function isOneOf<T extends string>(value: unknown, all: readonly T[]): value is T {
  return typeof value === 'string' && (all as readonly string[]).includes(value);
}

function oneOf<T extends string>(value: unknown, all: readonly T[]): T | undefined {
  return isOneOf(value, all) ? value : undefined;
}

/** The state without absent and empty members. */
function known(state: Params): PageState {
  return Object.fromEntries(
    Object.entries(state).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
