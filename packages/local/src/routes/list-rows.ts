import { setImmediate } from 'node:timers/promises';
import { integerParameter } from '../http/integer-parameter.js';
import { Refusal } from '../http/refusal.js';
import { jsonReply } from '../http/reply.js';
import { ClientGone } from '../http/request-body.js';
import { asReadBack } from '../reading/columns.js';
import type { RowSize } from '../storage/row-reader.js';
import type { StoredRow } from '../storage/stored-row.js';
import { cutText } from '../values/cut-text.js';
import { toJson } from '../values/json.js';
import { numericOf } from '../values/numeric.js';
import type { Backend, Call, Route } from './call.js';
import { type RowFilter, rowFilterOf } from './row-filter.js';
import { rowToReturn } from './rows.js';

const MAX_PER_PAGE = 100;
/** Bytes of the rows of a page, unless it has only one. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;
/** The numbers of its rows are safe integers. */
const MAX_PAGE = Math.floor(Number.MAX_SAFE_INTEGER / MAX_PER_PAGE);

/** `POST /inference-pipelines/{p}/rows?page&perPage&asc&sortColumn`; `x-next` links the next page. */
export const listRows: Route = async (call, backend) => {
  const page = integer(call, 'page', 1, MAX_PAGE);
  const perPage = integer(call, 'perPage', 25, MAX_PER_PAGE);
  const isAscending = !/^(false|0)$/i.test(call.query.get('asc') ?? ''); // Python writes False
  const found = await select(call, backend, {
    isAscending,
    sortColumn: call.query.get('sortColumn') || undefined,
    filter: rowFilterOf(call.json().exact ?? {}),
    limit: perPage + 1, // one more row shows whether there is a next page
    offset: (page - 1) * perPage,
  });
  const listed = found.slice(0, perPage);
  const bytes = listed.reduce((sum, row) => sum + row.bytes, 0);
  if (bytes > MAX_LIST_BYTES && listed.length > 1) {
    const advice = 'ask for fewer by perPage';
    throw new Refusal(413, `the rows of this page have ${bytes} bytes: ${advice}`, {
      isViolation: false,
    });
  }
  const items = listed.flatMap(({ id }) => {
    const stored = backend.store.get(id);
    return stored ? [{ openlayer_row_id: id, ...rowToReturn(stored, backend) }] : [];
  });
  return jsonReply(
    200,
    { items },
    found.length > perPage ? { 'x-next': nextLink(call, page + 1) } : {},
  );
};

interface Selection {
  readonly isAscending: boolean;
  readonly sortColumn: string | undefined;
  readonly filter: RowFilter | undefined;
  readonly limit: number;
  readonly offset: number;
}

async function select(call: Call, backend: Backend, selection: Selection): Promise<RowSize[]> {
  const { store } = backend;
  const { pipelineId } = call;
  const { filter, sortColumn, isAscending, limit, offset } = selection;
  if (!filter && sortColumn === undefined) return store.page({ pipelineId, ...selection });
  const found: Found[] = [];
  let [rows, size] = [0, 0];
  for (const stored of store.each(pipelineId)) {
    const { number, row, bytes } = stored;
    // Columns have no index, so all rows are read, with pauses for other requests. Of matching rows only the sort key is kept.
    rows += 1;
    size += bytes;
    if (rows > ROWS_AT_A_TIME || size > BYTES_AT_A_TIME) {
      [rows, size] = [0, 0];
      await setImmediate();
      if (call.isAbandoned()) throw new ClientGone();
    }
    const columns: Columns = backend.checker.mode === 'strict' ? row : byBothNames(stored);
    if (filter && !filter({ number, row, columns })) continue;
    const hasValue = sortColumn !== undefined && Object.hasOwn(columns, sortColumn);
    found.push({ id: number, bytes, key: sortKey(hasValue ? columns[sortColumn] : null) });
    if (isAscending && sortColumn === undefined && found.length === offset + limit) break;
  }
  if (sortColumn !== undefined) found.sort(byKey);
  if (!isAscending) found.reverse();
  return found.slice(offset, offset + limit);
}

/** Rows, and bytes of them, that are read between two pauses. */
const ROWS_AT_A_TIME = 100;
const BYTES_AT_A_TIME = 1024 * 1024;

interface Found extends RowSize {
  readonly key: SortKey;
}

/** A number, or the beginning of a text. */
type SortKey = number | bigint | string;

const MAX_KEY = 1000;

/** The key of a value that is no number is its JSON text. */
function sortKey(value: unknown): SortKey {
  return numericOf(value) ?? cutText(toJson(value ?? null), MAX_KEY);
}

type Columns = Readonly<Record<string, unknown>>;

/** The row with the names of its sender and with those of the platform, so that a filter may use either. */
function byBothNames(stored: StoredRow): Columns {
  return { ...asReadBack(stored), ...stored.row };
}

/** Orders numbers by value, then texts. */
function byKey({ key: a }: Found, { key: b }: Found): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b);
  if (typeof a === 'string') return 1;
  if (typeof b === 'string') return -1;
  return Number(a > b) - Number(a < b);
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
