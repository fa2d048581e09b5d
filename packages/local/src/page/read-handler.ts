import { integerParameter } from '../http/integer-parameter.js';
import { Refusal } from '../http/refusal.js';
import { TimeBudget } from '../http/time-budget.js';
import { Overviews } from '../overview/overview.js';
import {
  type AppStats,
  type Health,
  MARKS,
  OVERVIEW_GROUPINGS,
  type RefusedCall,
  type ServerInfo,
  TRACERS,
  type TracePage,
} from '../page-api.js';
import { groupsOf } from '../queries/groups.js';
import { matchesOf } from '../queries/matches.js';
import { cursorAt, select } from '../queries/selection.js';
import { limitOf, oneOf, parseQuery, searchOf } from '../queries/trace-query.js';
import { FLAGS, flag } from '../trace-index/facts/columns.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { toJson } from '../values/json.js';
import { ParsedTraces, unknownTrace } from './parsed-traces.js';

/** State of the server that the index does not have. The index may be in another thread. */
export interface ServerState {
  readonly info: Omit<ServerInfo, 'traces' | 'pipelines'>;
  readonly apps: readonly AppStats[];
  readonly refused: readonly RefusedCall[];
  readonly failures: readonly string[];
  readonly storage: Omit<Health['storage'], 'traces'>;
}

/** What a read needs of the server. */
export interface ReadContext {
  /** The number of the newest row. */
  readonly newest: number;
  /** For `info` and `health`, which are the only reads that need them: they take a dozen queries. */
  readonly server: ServerState | undefined;
}

/** Whether a read needs `ServerState`. */
export function needsServerState(path: string): boolean {
  return path === 'info' || path === 'health';
}

/** The JSON of a read that needs `ServerState`, without the facts that only the index has. */
export function readWithoutIndex(path: string, server: ServerState, traces: number): string {
  const { info, storage, ...state } = server;
  return path === 'info'
    ? toJson({ ...info, traces, pipelines: [] } satisfies ServerInfo)
    : toJson({
        ...state,
        dialects: {},
        marks: {},
        storage: { ...storage, traces },
      } satisfies Health);
}

/** Time for one read. */
const BUDGET_MS = 10_000;

/** Responds to the reads of the page's API from an index. */
export class ReadHandler {
  readonly #index: TraceIndex;
  readonly #traces: ParsedTraces;
  readonly #overviews: Overviews;

  constructor(index: TraceIndex) {
    this.#index = index;
    this.#traces = new ParsedTraces(index);
    this.#overviews = new Overviews(index);
  }

  /** The JSON of a response. @param path below `/api/` @throws Refusal */
  async get(
    path: string,
    params: URLSearchParams,
    context: ReadContext,
    signal?: AbortSignal,
  ): Promise<string> {
    const { newest, server } = context;
    await this.#index.waitFor(newest);
    const budget = new TimeBudget(BUDGET_MS, signal);
    const [resource = '', id, ...parts] = path.split('/');
    if (resource === 'traces' && id !== undefined) {
      return this.#readTrace(
        integerParameter('the number of a trace', id, [1, Number.MAX_SAFE_INTEGER]),
        parts,
        params,
        budget,
      );
    }
    if (id === undefined) {
      if (resource === 'info' && server) return this.#info(server, budget);
      if (resource === 'traces') return this.#list(params, budget);
      if (resource === 'sessions') return this.#groups('session', params, budget);
      if (resource === 'users') return this.#groups('user', params, budget);
      if (resource === 'overview') return this.#overview(params, budget);
      if (resource === 'health' && server) return this.#health(server, budget);
    }
    throw noEndpoint();
  }

  close(): void {
    this.#traces.close();
  }

  #readTrace(
    number: number,
    [part, item, ...rest]: readonly string[],
    params: URLSearchParams,
    budget: TimeBudget,
  ): string | Promise<string> {
    if (rest.length > 0) throw noEndpoint();
    if (part === undefined) return this.#traces.detail(number);
    if (part === 'steps' && item !== undefined) {
      const step = integerParameter('the index of a step', item, [0, Number.MAX_SAFE_INTEGER]);
      return this.#traces.step(number, step, params);
    }
    if (item === undefined) {
      if (part === 'steps') return this.#traces.steps(number, params);
      if (part === 'find') return this.#traces.find(number, params, budget);
      if (part === 'notes') return this.#traces.notes(number);
      if (part === 'row') return this.#traces.row(number);
      if (part === 'neighbours') return this.#neighbours(number, params, budget);
    }
    throw noEndpoint();
  }

  async #info({ info }: ServerState, budget: TimeBudget): Promise<string> {
    const counts = new Map<number, number>();
    for await (const { chunk, indexes } of matchesOf(this.#index, {}, budget)) {
      const { codes, hashes } = chunk.texts.pipeline;
      const found = new Uint32Array(hashes.length);
      for (let i = 0; i < indexes.length; i += 1) count(found, codes[indexes[i] ?? 0] ?? 0);
      for (const [code, hash] of hashes.entries()) {
        counts.set(hash, (counts.get(hash) ?? 0) + (found[code] ?? 0));
      }
    }
    const pipelines = this.#index.labels
      .all('pipeline')
      .map(({ hash, text }) => ({ id: text, traces: counts.get(hash) ?? 0 }))
      .filter(({ traces }) => traces > 0)
      .sort((a, b) => b.traces - a.traces);
    return toJson({ ...info, traces: this.#index.facts.count, pipelines } satisfies ServerInfo);
  }

  async #list(params: URLSearchParams, budget: TimeBudget): Promise<string> {
    const query = parseQuery(params);
    const newest = this.#index.facts.newest;
    const { numbers, areWordsLeftOut, ...counts } = await select(this.#index, query, budget);
    const page: Omit<TracePage, 'traces'> = {
      ...counts,
      newest,
      ...(areWordsLeftOut && { areWordsLeftOut }),
    };
    // Joined as text, because the summaries are JSON already.
    const traces = numbers.flatMap((number) => this.#index.summary(number) ?? []);
    return `{"traces":[${traces.join(',')}],${JSON.stringify(page).slice(1)}`;
  }

  /** The traces beside this one in the order of the query. */
  async #neighbours(number: number, params: URLSearchParams, budget: TimeBudget): Promise<string> {
    const query = parseQuery(params);
    const cursor = cursorAt(this.#index, query, number);
    if (cursor === undefined) throw unknownTrace(number);
    const at = { ...query, cursor, limit: 1 };
    const after = await select(this.#index, at, budget);
    const before = await select(this.#index, at, budget, { isReversed: true });
    const summaryOf = ([first]: readonly number[]) =>
      (first === undefined ? undefined : this.#index.summary(first)) ?? 'null';
    return `{"previous":${summaryOf(before.numbers)},"next":${summaryOf(after.numbers)}}`;
  }

  async #groups(
    kind: 'session' | 'user',
    params: URLSearchParams,
    budget: TimeBudget,
  ): Promise<string> {
    for (const key of params.keys()) oneOf('a parameter', key, ['q', 'cursor', 'limit']);
    const page = await groupsOf(
      this.#index,
      {
        kind,
        q: searchOf(params.get('q') ?? ''),
        cursor: params.get('cursor') ?? undefined,
        limit: limitOf(params.get('limit') ?? '50'),
      },
      budget,
    );
    return toJson(page);
  }

  async #overview(params: URLSearchParams, budget: TimeBudget): Promise<string> {
    const by = oneOf('by', params.get('by') ?? 'route', OVERVIEW_GROUPINGS);
    const filters = new URLSearchParams(params);
    filters.delete('by');
    return toJson(await this.#overviews.of(parseQuery(filters), by, budget));
  }

  async #health(
    { apps, refused, failures, storage }: ServerState,
    budget: TimeBudget,
  ): Promise<string> {
    const dialects = new Uint32Array(FLAGS.dialect.mask + 1);
    const marks = new Uint32Array(MARKS.length);
    for await (const { chunk, indexes } of matchesOf(this.#index, {}, budget)) {
      const { flags } = chunk;
      for (let i = 0; i < indexes.length; i += 1) {
        const all = flags[indexes[i] ?? 0] ?? 0;
        count(dialects, flag(all, FLAGS.dialect));
        const bits = flag(all, FLAGS.marks);
        for (let mark = 0; bits >>> mark !== 0; mark += 1)
          if ((bits >>> mark) & 1) count(marks, mark);
      }
    }
    const traces = this.#index.facts.count;
    const bytes = storage.bytes + this.#index.bytes;
    return toJson({
      apps,
      refused,
      failures,
      dialects: named(TRACERS, dialects),
      marks: named(MARKS, marks),
      storage: { ...storage, bytes, traces },
    } satisfies Health);
  }
}

function count(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

/** The counts that are not 0, by their names. */
function named<K extends string>(
  names: readonly K[],
  counts: Uint32Array,
): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const [i, name] of names.entries()) if (counts[i]) found[name] = counts[i];
  return found;
}

function noEndpoint(): Refusal {
  return new Refusal(404, 'no such endpoint', { isViolation: false });
}
