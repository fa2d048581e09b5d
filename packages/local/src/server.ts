import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openAttachments } from './attachments.js';
import { createChecker } from './checks/check.js';
import { withOurNames } from './checks/columns.js';
import { environmentLines } from './environment.js';
import type { LocalServerEvents } from './events.js';
import { createGuard } from './guard.js';
import { type CallError, createHandler } from './handler.js';

import { type LocalServerOptions, type Settings, settingsOf } from './options.js';
import { OtlpReceiver } from './otlp/otlp-receiver.js';
import { packageVersion } from './package-version.cjs';
import { createPage } from './page.js';
import { PageCodes } from './page-codes.js';
import { Problems } from './problems.js';
import { Refusals } from './refusals.js';
import { renderTrace } from './render-trace.js';
import { Reports } from './reports.js';
import type { Backend } from './routes/call.js';
import { IN_MEMORY } from './storage/database.js';
import { type ReceivedBatch, Store } from './storage/store.js';
import { startUpkeep } from './storage/upkeep.js';
import { Uploads } from './uploads.js';
import type { ServerFacts } from './viewer/reads.js';
import { createViewer } from './viewer/viewer.js';
import { type WaitOptions, waitForRows } from './wait-for-rows.js';

/** A running server. The rows that it returns are copies. */
export interface LocalServer extends AsyncDisposable {
  /** The base URL for clients; ends in `/v1`. */
  readonly url: string;
  readonly port: number;
  /** The address of the page that shows the traces. It contains a token that is new at each start, and opens all of them. */
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
  /** Resolves with all rows once there are `n`. Rejects after `timeoutMs` (default 5000), and when the server is closed. */
  waitForRows(n: number, options?: WaitOptions): Promise<WireRow[]>;
  /** All rows as trees, printed by `renderTrace`. */
  traces(): string[];
  /** Adds a listener. Its errors are added to `problems`. @returns a function that removes the listener */
  on<K extends keyof LocalServerEvents>(
    event: K,
    listener: (...args: LocalServerEvents[K]) => void,
  ): () => void;
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
  /**
   * An address that opens the page once, within a minute. Other users can see a browser's command line, so it must not contain
   * the viewer's token.
   */
  openingUrl(): string;
}

/** Starts a server as `startLocalServer` does. */
export async function startServer(options: LocalServerOptions): Promise<StartedServer> {
  const settings = settingsOf(options);
  const checker = createChecker(settings.checks);
  // Rows of this library are never so deep that JSON.stringify exhausts the stack.
  const store = new Store(settings.file, settings.checks === 'strict' ? JSON.stringify : undefined);
  const problems = new Problems();
  const events = new EventEmitter<LocalServerEvents>().setMaxListeners(0);
  const http = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 2_000,
    // Idle connections stay open longer than in the pools of common clients, so that the server never closes first.
    keepAliveTimeout: 60_000,
  });
  http.maxConnections = settings.maxConnections;
  const refusals = new Refusals();
  const reports = new Reports();
  const onRefused = ({ isViolation, ...call }: CallError) => {
    if (isViolation) {
      const problem = `${call.method} ${call.path}: ${call.status} ${call.message}`;
      problems.add(problem);
      events.emit('problem', problem);
    }
    // Other refused calls of the page are not reported: a tab that was left open sends the token of an earlier start.
    if (isViolation || call.path.startsWith('/v1/')) {
      events.emit('refused', refusals.add({ ...call, at: Date.now() }));
    }
  };

  const otlp = await OtlpReceiver.open(store, events, {
    maxBodyBytes: settings.maxOtlpBytes,
    quietMs: settings.otlpQuietMs,
    acceptsJson: settings.checks === 'lenient',
    onRejected: (path, message) =>
      onRefused({ method: 'POST', path, status: 200, message, isViolation: true }),
    onFailure: (message) => problems.add(message),
  });
  const port = await listen(http, settings).catch((error: unknown) => {
    otlp.close();
    store.close();
    throw error;
  });
  const backend: Backend = {
    store,
    checker,
    events,
    reports,
    uploads: new Uploads(),
    attachments: openAttachments(settings.file),
    otlp,
  };
  const origin = originOf(settings.host, port);
  const url = `${origin}/v1`;
  const facts = (): ServerFacts => ({
    info: {
      version: packageVersion(),
      file: settings.file === IN_MEMORY ? null : settings.file,
      maxAgeMs: settings.maxAgeMs ?? null,
      maxBytes: settings.maxBytes ?? null,
      baseUrl: url,
      environment: environmentLines({ url, hasApiKey: settings.apiKey !== undefined }),
    },
    apps: reports.list(),
    refused: refusals.list(),
    storage: {
      bytes: store.usedBytes,
      oldest: store.oldest ?? null,
      deleted: store.deleted,
    },
  });
  const viewer = createViewer(store, facts, settings.maxBytes);
  events.on('refused', (refusal) => viewer.emit(JSON.stringify({ type: 'refused', refusal })));
  const stopUpkeep = startUpkeep(store, {
    maxAgeMs: settings.maxAgeMs,
    maxBytes: settings.maxBytes,
    removeAttachments: backend.attachments.removeBefore,
    index: () => viewer.indexSize,
    onFailure: (message) => problems.add(`old traces could not be deleted: ${message}`),
  });
  const pageCodes = new PageCodes();
  const viewerToken = randomBytes(16).toString('base64url');
  const viewerUrl = `${origin}/#token=${viewerToken}`;
  http.on(
    'request',
    createHandler({
      guard: createGuard({
        port,
        allowedHosts: [...settings.allowedHosts, new URL(origin).hostname],
        apiKey: settings.apiKey,
        viewerToken,
      }),
      page: createPage(),
      redeemCode: (code) => (pageCodes.redeem(code, Date.now()) ? viewerUrl : undefined),
      viewerApi: viewer.respond,
      backend,
      maxBodyBytes: settings.maxBodyBytes,
      intercept: settings.intercept,
      onRefused,
    }),
  );

  const rows = (pipelineId?: string) => store.rows(pipelineId).map((stored) => stored.row);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      events.emit('close');
      http.close(() => resolve());
      http.closeAllConnections();
    })
      .then(() => {
        otlp.close();
        stopUpkeep();
        return viewer.close();
      })
      .then(() => store.close());
    return closing;
  };

  return {
    url,
    port,
    viewerUrl,
    openingUrl: () => `${origin}/open?code=${pageCodes.create(Date.now())}`,
    get batches() {
      return store.batches();
    },
    get problems() {
      return problems.list();
    },
    rows,
    row: (inferenceId, pipelineId) => store.find(inferenceId, pipelineId)?.row,
    async waitForRows(n, wait) {
      await waitForRows(store, events, n, wait);
      return rows();
    },
    traces: () =>
      store
        .rows()
        .map(({ row, config, inferenceId }) => renderTrace(withOurNames(row, config, inferenceId))),
    on(event, listener) {
      const emitter: EventEmitter = events; // its own types do not follow a generic event name
      const guarded = (...args: LocalServerEvents[typeof event]) => {
        try {
          listener(...args);
        } catch (error) {
          problems.add(`a listener of '${event}' threw: ${error}`);
        }
      };
      emitter.on(event, guarded);
      return () => void emitter.off(event, guarded);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The address for clients on this machine, who cannot connect to "any address". */
function originOf(host: string, port: number): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function listen(http: Server, { port, host }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    http.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is taken, choose another' : error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    http.listen(port, host, () => resolve((http.address() as AddressInfo).port));
  });
}
