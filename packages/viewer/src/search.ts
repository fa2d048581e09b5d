/** The state of the page as its address holds it: filters, order, columns, trace, step, tab, clock. */

import type { Dialect, Mark, Outcome, SortColumn, TraceQuery } from '../../local/src/page-api.js';

export const OUTCOMES = namesOf<Outcome>({
  completed: true,
  aborted: true,
  error: true,
  abandoned: true,
  interrupted: true,
});
export const DIALECTS = namesOf<Dialect>({
  'openlayer-tracing': true,
  'openlayer-ts': true,
  'openlayer-python': true,
  opentelemetry: true,
  other: true,
});
export const MARKS = namesOf<Mark>({
  masked: true,
  truncated: true,
  limited: true,
  interrupted: true,
  unfinished: true,
});
const SORTS = namesOf<SortColumn>({
  time: true,
  latency: true,
  firstByte: true,
  firstToken: true,
  tokens: true,
  cost: true,
  steps: true,
  bytes: true,
});
export const FEEDBACK = namesOf<NonNullable<TraceQuery['feedback']>>({
  any: true,
  positive: true,
  negative: true,
  none: true,
});
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
  readonly zone?: 'utc' | 'local';
  readonly clock?: 'absolute' | 'relative';
  /** Numbers of the traces that are compared. */
  readonly a?: number;
  readonly b?: number;
  /** What the overview is grouped by. */
  readonly by?: 'route' | 'model';
}

/** The members of a union, which the compiler checks to be complete. */
function namesOf<T extends string>(names: Readonly<Record<T, true>>): readonly T[] {
  return Object.keys(names) as T[];
}

type Given = Readonly<Record<string, unknown>>;

/** Reads `?a=1&b=2&b=3`: a name that is there twice has an array. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const given: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = Object.hasOwn(given, name) ? given[name] : undefined;
    if (before === undefined) given[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else given[name] = [before, value];
  }
  return given;
}

/** The text for the address, with the names in order, so that equal states have equal addresses. */
export function stringifySearch(search: Given): string {
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
export function readSearch(given: Given): PageState {
  const search = {
    ...readFilter(given),
    sort: oneOf(given.sort, SORTS),
    order: oneOf(given.order, ['asc', 'desc'] as const),
    last:
      typeof given.last === 'string' && Object.hasOwn(RANGES, given.last) ? given.last : undefined,
    columns: texts(given.columns),
    lines: String(given.lines) === '2' ? (2 as const) : undefined,
    trace: number(given.trace),
    step: number(given.step),
    view: oneOf(given.view, STEP_TABS),
    steps: oneOf(given.steps, ['names'] as const),
    mode: oneOf(given.mode, MODES),
    find: text(given.find),
    zone: oneOf(given.zone, ['utc', 'local'] as const),
    clock: oneOf(given.clock, ['absolute', 'relative'] as const),
    a: number(given.a),
    b: number(given.b),
    by: oneOf(given.by, ['route', 'model'] as const),
  };
  return known(search);
}

/** The names of a filter's members: what "clear filters" removes. */
export const FILTERS = [
  ...(['pipeline', 'q', 'from', 'to', 'last', 'name', 'route', 'outcome', 'status'] as const),
  ...(['model', 'user', 'session', 'dialect', 'mark', 'failed', 'feedback'] as const),
  ...(['minLatency', 'maxLatency', 'minCost', 'minTokens'] as const),
] as const satisfies readonly (keyof PageState)[];

/** The filter and order of a list, without what only this page needs. */
export function filterOf(search: PageState): PageState {
  const { sort, order } = search;
  const picked: Record<string, unknown> = {};
  for (const name of FILTERS) picked[name] = search[name];
  return known({
    ...(picked as PageState),
    sort: sort === 'time' ? undefined : sort,
    order: order === 'desc' ? undefined : order,
  });
}

/** Equal filters and orders have equal keys; that of none is empty. */
export function filterKey(search: PageState): string {
  return stringifySearch({ ...filterOf(search) });
}

/** The filter as the server takes it. */
export function toQuery(search: PageState, now: number, more: Partial<TraceQuery> = {}): string {
  const { last, ...filter } = filterOf(search);
  const length = last === undefined ? undefined : RANGES[last];
  return stringifySearch({
    ...filter,
    ...(length !== undefined && { from: now - length, to: undefined }),
    ...more,
  });
}

function readFilter(given: Given): Partial<PageState> {
  return {
    pipeline: text(given.pipeline),
    q: text(given.q)?.slice(0, 300),
    from: time(given.from),
    to: time(given.to),
    name: texts(given.name),
    route: texts(given.route),
    outcome: texts(given.outcome)?.filter((each) => isOneOf(each, OUTCOMES)),
    status: texts(given.status),
    model: texts(given.model),
    user: texts(given.user),
    session: texts(given.session),
    dialect: texts(given.dialect)?.filter((each) => isOneOf(each, DIALECTS)),
    mark: texts(given.mark)?.filter((each) => isOneOf(each, MARKS)),
    failed: String(given.failed) === 'true' ? true : undefined,
    feedback: oneOf(given.feedback, FEEDBACK),
    minLatency: number(given.minLatency),
    maxLatency: number(given.maxLatency),
    minCost: number(given.minCost),
    minTokens: number(given.minTokens),
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

/** The search without absent and empty members. */
function known(search: Given): PageState {
  return Object.fromEntries(
    Object.entries(search).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** The members that say how times are shown. */
export function clockOf({ zone, clock }: PageState): PageState {
  return known({ zone, clock });
}
