import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { createChecker } from '../checks/check.js';
import { closeConnections } from '../http/close-connections.js';
import { createGuard } from '../http/guard.js';
import { withinStack } from '../http/refusal.js';
import { OtlpReceiver } from '../otlp/otlp-receiver.js';
import { createPageApiServer } from '../page/page-api-server.js';
import { createPageFiles } from '../page/page-files.js';
import { PageLink } from '../page/page-link.js';
import type { ServerState } from '../page/read-handler.js';
import type { ServerInfo } from '../page-api.js';
import { withOurNames } from '../reading/columns.js';
import { renderTrace } from '../rendering/render-trace.js';
import type { LocalServerEvents } from '../reports/events.js';
import { createReports, type Reports } from '../reports/reports.js';
import { StatsOfApps } from '../reports/sender-stats.js';
import type { Backend } from '../routes/call.js';
import { UploadTokens } from '../routes/upload-tokens.js';
import { openAttachments } from '../storage/attachments.js';
import { IN_MEMORY } from '../storage/database.js';
import { lock } from '../storage/lock.js';
import { type ReceivedBatch, Store } from '../storage/store.js';
import type { StoredRow } from '../storage/stored-row.js';
import { startUpkeep } from '../storage/upkeep.js';
import { createHandler } from './handler.js';
import { OpenParts } from './open-parts.js';
import { type LocalServerOptions, type Settings, settingsOf } from './options.js';
import { packageVersion } from './package-version.js';
import { environmentLines } from './shell-lines.js';
import { type WaitOptions, waitForRows } from './wait-for-rows.js';

/** A running server. The rows that it returns are copies. */
export interface LocalServer extends AsyncDisposable {
  /** The base URL for clients; ends in `/v1`. */
  readonly url: string;
  readonly port: number;
  /** The address of the page that shows the traces. It contains a token, new at each start, by which all traces can be read. */
  readonly viewerUrl: string;
  /** Every accepted data-stream call, in order of arrival. */
  readonly batches: readonly ReceivedBatch[];
  /**
   * Violations of the contract in requests, with reasons, and what failed in the server itself: the first 1000, and the number
   * of others. Tests expect none.
   */
  readonly problems: readonly string[];
  /** The rows of a pipeline, by default of all, in order of arrival. A row that was sent twice is listed twice. */
  rows(pipelineId?: string): WireRow[];
  /** The latest row with this inference ID. */
  row(inferenceId: string, pipelineId?: string): WireRow | undefined;
  /**
   * Resolves with all rows once there are `n`, or with those of `pipelineId` once it has `n`. Rejects after `timeoutMs` (default
   * 5000), and when the server is closed.
   */
  waitForRows(n: number, options?: WaitOptions): Promise<WireRow[]>;
  /** All rows as trees, printed by `renderTrace`. */
  traces(): string[];
  /** Adds a listener. Its errors are added to `problems`. @returns a function that removes the listener */
  on<K extends keyof LocalServerEvents>(
    event: K,
    listener: (...args: LocalServerEvents[K]) => void,
  ): () => void;
  /**
   * Deletes all rows, batches and uploaded files, and forgets all problems and the spans that are in no row yet: for a server
   * that several tests share. Health still lists the calls that were refused.
   */
  clear(): void;
  /** Closes all connections and the file. A second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Starts a server that implements the Openlayer API on this machine: it checks requests and keeps
 * the rows. Headers are limited to 16 KiB and 10 seconds, a whole request to 30 seconds.
 * @throws TypeError if an option is wrong, or Error if the port or the file cannot be opened
 *
 * @example
 * ```ts
 * await using server = await startLocalServer();
 * process.env.OPENLAYER_BASE_URL = server.url;
 * // ... run the app ...
 * const [row] = await server.waitForRows(1);
 * assert.deepEqual(server.problems, []);
 * ```
 */
export function startLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  return startServer(options);
}

/** A server with members that only the command `openlayer-local` uses. */
export interface StartedServer extends LocalServer {
  /** As `row()`, with the config of the row. */
  find(inferenceId: string, pipelineId: string): Pick<StoredRow, 'row' | 'config'> | undefined;
  /** An address that opens the page once, within a minute. It does not contain the page's token. */
  openingUrl(): string;
}

/** Starts a server as `startLocalServer` does. */
export async function startServer(options: LocalServerOptions): Promise<StartedServer> {
  const settings = settingsOf(options);
  const parts = new OpenParts();
  try {
    return await openServer(settings, parts);
  } catch (error) {
    await parts.close().catch((closing: unknown) => {
      throw new AggregateError([error, closing], String(error));
    });
    throw error;
  }
}

async function openServer(settings: Settings, parts: OpenParts): Promise<StartedServer> {
  const events = new EventEmitter<LocalServerEvents>().setMaxListeners(0);
  const reports = createReports(events);
  const backend = await openBackend(settings, { events, parts, reports });
  const { store, attachments } = backend;
  const editor = editorOf(settings);
  const http = createHttpServer(settings);
  const pageApi = createPageApiServer({
    store,
    attachments,
    serverState: () =>
      serverStateOf({ ...settings, editor }, addressOf(http, settings).url, backend, reports),
    maxBytes: settings.maxBytes,
    onFailure: (reason) => reports.reportFailure(`new traces cannot be indexed: ${reason}`),
  });
  parts.add(() => pageApi.close());
  events.on('refused', (refusal) => pageApi.emit(JSON.stringify({ type: 'refused', refusal })));
  const stopUpkeep = startUpkeep(store, {
    maxAgeMs: settings.maxAgeMs,
    maxBytes: settings.maxBytes,
    removeAttachments: attachments.removeBefore,
    indexState: () => pageApi.indexState,
    onFailure: (message) => reports.reportFailure(`old traces could not be deleted: ${message}`),
  });
  parts.add(stopUpkeep);
  reportDropped(http, reports);
  await listen(http, settings);
  parts.add(() => closeConnections(http));
  const { port, origin, url } = addressOf(http, settings);
  const pageLink = new PageLink(origin);
  const guard = createGuard({
    port,
    allowedHosts: [...settings.allowedHosts, new URL(origin).hostname],
    apiKey: settings.apiKey,
    pageToken: pageLink.token,
  });
  const handler = createHandler({
    guard,
    pageFiles: createPageFiles(),
    pageLink,
    pageApi,
    backend,
    maxBodyBytes: settings.maxBodyBytes,
    intercept: settings.intercept,
    onRefused: reports.reportRefused,
  });
  http.on('request', handler);

  const rows = (pipelineId?: string) => Array.from(store.each(pipelineId), ({ row }) => row);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      events.emit('close');
      await parts.close();
    })();
    return closing;
  };

  return {
    url,
    port,
    viewerUrl: pageLink.url,
    openingUrl: () => pageLink.openingUrl(Date.now()),
    get batches() {
      return store.batches();
    },
    get problems() {
      return reports.problems.list();
    },
    rows,
    find: (inferenceId, pipelineId) => store.find(inferenceId, pipelineId),
    row: (inferenceId, pipelineId) => store.find(inferenceId, pipelineId)?.row,
    async waitForRows(n, wait) {
      await waitForRows(store, events, n, wait);
      return rows(wait?.pipelineId);
    },
    traces: () =>
      Array.from(store.each(), ({ row, config, inferenceId }) =>
        renderTrace(withOurNames(row, config, inferenceId)),
      ),
    on(event, listener) {
      const emitter: EventEmitter = events; // its own types do not follow a generic event name
      const guarded = (...args: LocalServerEvents[typeof event]) => {
        try {
          listener(...args);
        } catch (error) {
          const problem = `a listener of '${event}' threw: ${error}`;
          // The listener of problems would be called again.
          if (event === 'problem') reports.problems.add(problem);
          else reports.reportFailure(problem);
        }
      };
      emitter.on(event, guarded);
      return () => void emitter.off(event, guarded);
    },
    clear() {
      backend.otlp.forgetOpen();
      store.removeAll();
      attachments.removeBefore(Number.POSITIVE_INFINITY);
      reports.problems.forgetAll();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Opening {
  readonly events: EventEmitter<LocalServerEvents>;
  readonly parts: OpenParts;
  readonly reports: Reports;
}

/** Opens the storage, and creates the parts of the server that the platform's routes use. */
async function openBackend(
  { file, checks, maxOtlpBytes, otlpQuietMs }: Settings,
  { events, parts, reports }: Opening,
): Promise<Backend> {
  // Rows of this library are never so deep that JSON.stringify exhausts the stack.
  const strictText = (row: unknown) => withinStack(() => JSON.stringify(row));
  if (file !== IN_MEMORY) parts.add(lock(file));
  const store = new Store(file, { rowText: checks === 'strict' ? strictText : undefined });
  parts.add(() => store.close());
  const otlp = await OtlpReceiver.open(store, events, {
    maxBodyBytes: maxOtlpBytes,
    quietMs: otlpQuietMs,
    acceptsJson: checks === 'lenient',
    onRejected: (path, message) =>
      reports.reportRefused({ method: 'POST', path, status: 200, message, isViolation: true }),
    onFailure: reports.reportFailure,
  });
  parts.add(() => otlp.close());
  return {
    store,
    checker: createChecker(checks),
    events,
    statsOfApps: new StatsOfApps(),
    uploads: new UploadTokens(),
    attachments: openAttachments(file),
    otlp,
  };
}

const DROPPED_EVERY_MS = 60_000;

function createHttpServer({ maxConnections }: Settings): Server {
  const http = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 2_000,
    // Idle connections stay open longer than in the pools of common clients, so that the server never closes first.
    keepAliveTimeout: 60_000,
  });
  http.maxConnections = maxConnections;
  return http;
}

/** Reports connections beyond the limit, which are closed without a response: once a minute at most. */
function reportDropped(http: Server, reports: Reports): void {
  let dropped = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  http.on('drop', () => {
    dropped += 1;
    if (performance.now() < reportedAt + DROPPED_EVERY_MS) return;
    const what = dropped === 1 ? 'a connection was' : `${dropped} connections were`;
    reports.reportFailure(
      `${what} closed: ${http.maxConnections} are open already, which is the limit`,
    );
    dropped = 0;
    reportedAt = performance.now();
  });
}

function listen(http: Server, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    http.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is taken, choose another' : error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    http.listen(port, host, resolve);
  });
}

/** The addresses of a server that listens. */
function addressOf(http: Server, { host }: Settings) {
  const { port } = http.address() as AddressInfo;
  const origin = originOf(host, port);
  return { port, origin, url: `${origin}/v1` };
}

/** The address for clients on this machine, who cannot connect to "any address". */
function originOf(host: string, port: number): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The editor with the working directory, which may be removed while the server runs; `null` if it already is. */
function editorOf({ editor: name }: Settings): ServerInfo['editor'] {
  if (name === undefined) return null;
  try {
    return { name, folder: resolve() };
  } catch {
    return null;
  }
}

function serverStateOf(
  settings: Omit<Settings, 'editor'> & Pick<ServerInfo, 'editor'>,
  url: string,
  { store, statsOfApps }: Backend,
  { refusedCalls, failures }: Reports,
): ServerState {
  return {
    info: {
      version: packageVersion(),
      file: settings.file === IN_MEMORY ? null : settings.file,
      maxAgeMs: settings.maxAgeMs ?? null,
      maxBytes: settings.maxBytes ?? null,
      baseUrl: url,
      editor: settings.editor,
      environment: environmentLines({ url, hasApiKey: settings.apiKey !== undefined }),
    },
    apps: statsOfApps.list(),
    refused: refusedCalls.list(),
    failures: failures.list(),
    storage: {
      bytes: store.usedBytes,
      oldest: store.oldest ?? null,
      deleted: store.deleted,
    },
  };
}
