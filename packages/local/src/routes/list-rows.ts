import { Refusal } from '../refusal.js';
import { jsonReply } from '../reply.js';
import type { Store, StoredRow } from '../store.js';
import type { Call, Route } from './call.js';
import { type RowFilter, rowFilterOf } from './row-filter.js';

/** `POST /inference-pipelines/{p}/rows?page&perPage&asc&sortColumn`; `x-next` links the next page. */
export const listRows: Route = (call, { store }) => {
  const page = integer(call, 'page', 1, 1, Number.MAX_SAFE_INTEGER / 100);
  const perPage = integer(call, 'perPage', 25, 1, 100);
  const isAscending = call.query.get('asc') !== 'false';
  const found = select(store, {
    pipelineId: call.pipelineId,
    isAscending,
    sortColumn: call.query.get('sortColumn') || undefined,
    filter: rowFilterOf(call.json() ?? {}),
    limit: perPage + 1, // one more tells whether there is a next page
    offset: (page - 1) * perPage,
  });
  const items = found.slice(0, perPage).map(({ id, row }) => ({ openlayer_row_id: id, ...row }));
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

function select(store: Store, selection: Selection): StoredRow[] {
  const { filter, sortColumn, isAscending, limit, offset } = selection;
  if (!filter && sortColumn === undefined) return store.page(selection);
  const rows = store.rows(selection.pipelineId);
  const matching = filter ? rows.filter(filter) : rows;
  if (sortColumn !== undefined) matching.sort((a, b) => compareBy(sortColumn, a, b));
  if (!isAscending) matching.reverse();
  return matching.slice(offset, offset + limit);
}

/** Numbers by size, everything else by its JSON text, numbers first. */
function compareBy(column: string, a: StoredRow, b: StoredRow): number {
  const left = a.row[column] ?? null;
  const right = b.row[column] ?? null;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'number') return -1;
  if (typeof right === 'number') return 1;
  return JSON.stringify(left).localeCompare(JSON.stringify(right));
}

function integer({ query }: Call, name: string, preset: number, min: number, max: number): number {
  const text = query.get(name);
  if (text === null) return preset;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Refusal(400, `${name} must be an integer from ${min} to ${max}`);
}

function nextLink({ host, path, query }: Call, page: number): string {
  const next = new URLSearchParams(query);
  next.set('page', String(page));
  return `http://${host}${path}?${next}`;
}
