/** Calls of the local server. The address brings the token once; sessionStorage keeps it for this tab alone. */

import type {
  FoundSteps,
  GroupPage,
  Health,
  Neighbours,
  Overview,
  OverviewGrouping,
  ServerInfo,
  StepColumns,
  StepContent,
  TraceDetail,
  TraceNotes,
  TracePage,
  TraceSummary,
} from '../../../local/src/page-api.js';
import { jsonText } from '../json.js';
import { type PageState, toTraceQuery } from '../state/page-state.js';
import { ApiError } from './api-error.js';
import { noteResponse } from './contact.js';

const TOKEN = 'openlayer-viewer-token';

/** Takes `#token=...` out of the address and keeps it. */
export function takeToken(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  sessionStorage.setItem(TOKEN, token);
  history.replaceState(history.state, '', location.pathname + location.search);
}

/** Keeps a token that was typed. */
export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

export function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetched(path, init);
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, messageOf(body, response));
  return body as T;
}

async function fetched(path: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(path, {
      ...init,
      headers: { ...authorization(), ...init.headers },
      credentials: 'omit',
      redirect: 'error',
    });
    noteResponse(response.status);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    noteResponse(undefined);
    throw new ApiError(0, 'The local server does not respond. Is it still running?');
  }
}

function messageOf(body: unknown, response: Response): string {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    return typeof body.error === 'string' ? body.error : JSON.stringify(body.error);
  }
  return `${response.status} ${response.statusText}`;
}

type Signal = AbortSignal | undefined;

/** A trace as it was at one time. Its steps may have other places after a change, so reads of them name the version. */
export interface TraceVersion {
  readonly number: number;
  readonly version: string;
}

function get<T>(path: string, signal: Signal): Promise<T> {
  return call<T>(path, signal === undefined ? {} : { signal });
}

export const api = {
  info: (signal?: Signal) => get<ServerInfo>('/api/info', signal),

  traces: (state: PageState, page: { cursor?: string; limit: number }, signal?: Signal) =>
    get<TracePage>(`/api/traces${toTraceQuery(state, Date.now(), page)}`, signal),

  trace: (number: number, signal?: Signal) => get<TraceDetail>(`/api/traces/${number}`, signal),

  steps: (
    { number, version }: TraceVersion,
    { from, count }: { readonly from: number; readonly count: number },
    signal?: Signal,
  ) =>
    get<StepColumns>(
      `/api/traces/${number}/steps?from=${from}&count=${count}&${new URLSearchParams({ version })}`,
      signal,
    ),

  step: ({ number, version }: TraceVersion, index: number, signal?: Signal) =>
    get<StepContent>(
      `/api/traces/${number}/steps/${index}?${new URLSearchParams({ version })}`,
      signal,
    ),

  /** The contents of the root, whatever version of the trace is there. */
  root: (number: number, signal?: Signal) =>
    get<StepContent>(`/api/traces/${number}/steps/0`, signal),

  notes: (number: number, signal?: Signal) =>
    get<TraceNotes>(`/api/traces/${number}/notes`, signal),

  find: ({ number, version }: TraceVersion, words: string, signal?: Signal) =>
    get<FoundSteps>(
      `/api/traces/${number}/find?${new URLSearchParams({ q: words, version })}`,
      signal,
    ),

  row: (number: number, signal?: Signal) =>
    get<{ readonly row: unknown; readonly config: unknown }>(`/api/traces/${number}/row`, signal),

  /** A file that an app has uploaded. */
  attachment: async (id: string): Promise<Blob> => {
    const response = await fetched(`/api/attachments/${id}`, {});
    if (response.ok) return await response.blob();
    throw new ApiError(response.status, 'This file is not kept any more.');
  },

  neighbours: (number: number, state: PageState, signal?: Signal) =>
    get<Neighbours>(`/api/traces/${number}/neighbours${toTraceQuery(state, Date.now())}`, signal),

  groups: (kind: 'sessions' | 'users', q: string, cursor: string | undefined, signal?: Signal) => {
    const params = new URLSearchParams({
      ...(q !== '' && { q }),
      ...(cursor !== undefined && { cursor }),
      limit: '100',
    });
    return get<GroupPage>(`/api/${kind}?${params}`, signal);
  },

  overview: (filters: PageState, by: OverviewGrouping, signal?: Signal) => {
    const query = toTraceQuery(filters, Date.now());
    return get<Overview>(`/api/overview${query === '' ? '?' : `${query}&`}by=${by}`, signal);
  },

  health: (signal?: Signal) => get<Health>('/api/health', signal),

  /** The platform's own call, by which apps send traces. */
  send: (pipeline: string, body: object) =>
    call<unknown>(`/v1/inference-pipelines/${encodeURIComponent(pipeline)}/data-stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: jsonText(body, 0),
    }),

  /** Deletes one row: others may have the same inference ID. */
  deleteRow: ({ pipelineId, number }: Pick<TraceSummary, 'pipelineId' | 'number'>) =>
    call<unknown>(rowPath(pipelineId, number), { method: 'DELETE' }),

  /**
   * The platform's own call, by which apps update rows as well. It names the row by its number: other rows may have the same
   * inference ID, and a summary has only the beginning of a long one.
   */
  updateRow: ({ pipelineId, number }: Pick<TraceSummary, 'pipelineId' | 'number'>, body: object) =>
    call<unknown>(rowPath(pipelineId, number), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: jsonText(body, 0),
    }),
};

function rowPath(pipelineId: string, number: number): string {
  return `/v1/inference-pipelines/${encodeURIComponent(pipelineId)}/rows?openlayer_row_id=${number}`;
}
