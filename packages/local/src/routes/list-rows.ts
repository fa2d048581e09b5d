import { setImmediate } from 'node:timers/promises';
import { integerParameter } from '../http/integer-parameter.js';
import { jsonReply } from '../http/reply.js';
import { asReadBack } from '../reading/columns.js';
import type { StoredRow } from '../storage/stored-row.js';
import { toJson } from '../values/json.js';
import type { Backend, Call, Route } from './call.js';
import { type RowFilter, rowFilterOf } from './row-filter.js';
import { rowToReturn } from './rows.js';

const MAX_PER_PAGE = 100;
/** The numbers of its rows are safe integers. */
const MAX_PAGE = Math.floor(Number.MAX_SAFE_INTEGER / MAX_PER_PAGE);

/** `POST /inference-pipelines/{p}/rows?page&perPage&asc&sortColumn`; `x-next` links the next page. */
export const listRows: Route = async (call, backend) => {
  const page = integer(call, 'page', 1, MAX_PAGE);
  const perPage = integer(call, 'perPage', 25, MAX_PER_PAGE);
  const isAscending = !/^(false|0)$/i.test(call.query.get('asc') ?? ''); // Python writes False
  const found = await select(backend, {
    pipelineId: call.pipelineId,
    isAscending,
    sortColumn: call.query.get('sortColumn') || undefined,
    filter: rowFilterOf(call.json().exact ?? {}),
    limit: perPage + 1, // one more row shows whether there is a next page
    offset: (page - 1) * perPage,
  });
  const items = found
    .slice(0, perPage)
    .map((stored) => ({ openlayer_row_id: stored.number, ...rowToReturn(stored, backend) }));
  return jsonReply(
    200,
    { items },
    found.length > perPage ? { 'x-next': nextLink(call, page + 1) } : {},
  );
};

interface Selection {
  readonly pipelineId: string;
  readonly isAscending: boolean;
  readonly sortColumn: string | undefined;
  readonly filter: RowFilter | undefined;
  readonly limit: number;
  readonly offset: number;
}

async function select(backend: Backend, selection: Selection): Promise<StoredRow[]> {
  const { store } = backend;
  const { pipelineId, filter, sortColumn, isAscending, limit, offset } = selection;
  if (!filter && sortColumn === undefined) return store.page(selection);
  const found: Found[] = [];
  let seen = 0;
  for (const stored of store.each(pipelineId)) {
    // Columns have no index, so all rows are read, with pauses for other requests. Of matching rows only the sort value is kept.
    seen += 1;
    if (seen % ROWS_AT_A_TIME === 0) await setImmediate();
    const row = backend.checker.mode === 'strict' ? stored.row : byBothNames(stored);
    if (filter && !filter({ number: stored.number, row })) continue;
    const hasValue = sortColumn !== undefined && Object.hasOwn(row, sortColumn);
    const value = hasValue ? (row[sortColumn] ?? null) : null;
    found.push({ number: stored.number, value });
    if (isAscending && sortColumn === undefined && found.length === offset + limit) break;
  }
  if (sortColumn !== undefined) found.sort(byValue);
  if (!isAscending) found.reverse();
  return found
    .slice(offset, offset + limit)
    .map(({ number }) => store.get(number))
    .filter((stored) => stored !== undefined);
}

const ROWS_AT_A_TIME = 100;

interface Found {
  readonly number: number;
  readonly value: unknown;
}

/** The row with the names of its sender and with those of the platform, so that a filter may use either. */
function byBothNames(stored: StoredRow): Readonly<Record<string, unknown>> {
  return { ...asReadBack(stored), ...stored.row };
}

/** Orders numbers by value, then other values by their JSON text. */
function byValue({ value: left }: Found, { value: right }: Found): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'number') return -1;
  if (typeof right === 'number') return 1;
  return toJson(left).localeCompare(toJson(right));
}

function integer({ query }: Call, name: string, preset: number, max: number): number {
  const text = query.get(name);
  return text === null ? preset : integerParameter(name, text, [1, max], { isViolation: true });
}

function nextLink({ host, path, query }: Call, page: number): string {
  const next = new URLSearchParams(query);
  next.set('page', String(page));
  return `http://${host}${path}?${next}`;
}
