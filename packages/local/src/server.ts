import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { createChecker } from './check.js';
import { createGuard } from './guard.js';
import { createHandler } from './handler.js';
import { type LocalServerOptions, type Settings, settingsOf } from './options.js';
import { Problems } from './problems.js';
import { renderTrace } from './render-trace.js';
import { type ReceivedBatch, Store } from './store.js';
import { type WaitOptions, waitForRows } from './wait-for-rows.js';

/** What a server tells its listeners. */
export interface LocalServerEvents {
  /** A row was accepted and stored. */
  row: [row: WireRow, pipelineId: string];
  /** A request broke the contract. */
  problem: [problem: string];
  /** The server is being closed. */
  close: [];
}

/** A running server. Rows are copies: changing one changes nothing in the server. */
export interface LocalServer extends AsyncDisposable {
  /** The base URL that clients are given; ends in `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Every accepted data-stream call, in order of arrival. */
  readonly batches: readonly ReceivedBatch[];
  /** Every violation of the contract in any request, with its reason. Empty is what tests want. */
  readonly problems: readonly string[];
  /** The rows in order of arrival. A row that was sent twice is there twice. */
  rows(pipelineId?: string): WireRow[];
  /** The latest row with this inference ID. */
  row(inferenceId: string, pipelineId?: string): WireRow | undefined;
  /** Resolves with all rows once there are `n`; rejects after `timeoutMs`, 5 seconds by default. */
  waitForRows(n: number, options?: WaitOptions): Promise<WireRow[]>;
  /** All rows as trees, see `renderTrace`. */
  traces(): string[];
  /** Calls the listener on each event, until the returned function is called. */
  on<K extends keyof LocalServerEvents>(
    event: K,
    listener: (...args: LocalServerEvents[K]) => void,
  ): () => void;
  /** Ends all connections and closes the file. Calling it again is harmless. */
  close(): Promise<void>;
}

/**
 * Starts a server that speaks the Openlayer API on this machine: it checks what it is sent and
 * keeps the rows. At most 256 connections are open at once, unless more are allowed; headers may have 16 KiB and take 10
 * seconds, a whole request 30.
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
export async function startLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  const settings = settingsOf(options);
  const checker = createChecker(settings.checks);
  const store = new Store(settings.file);
  const problems = new Problems();
  const events = new EventEmitter<LocalServerEvents>().setMaxListeners(0);
  const http = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 2_000,
    // Longer than the pools of common clients, so that the server never hangs up first.
    keepAliveTimeout: 60_000,
  });
  http.maxConnections = settings.maxConnections;
  const onProblem = (problem: string) => {
    problems.add(problem);
    events.emit('problem', problem);
  };

  const port = await listen(http, settings).catch((error: unknown) => {
    store.close();
    throw error;
  });
  http.on(
    'request',
    createHandler({
      guard: createGuard(port, settings.apiKey),
      backend: { store, checker, events },
      maxBodyBytes: settings.maxBodyBytes,
      intercept: settings.intercept,
      onProblem,
    }),
  );

  const rows = (pipelineId?: string) => store.rows(pipelineId).map((stored) => stored.row);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      events.emit('close');
      http.close(() => resolve());
      http.closeAllConnections();
    }).then(() => store.close());
    return closing;
  };

  return {
    url: `http://${settings.host}:${port}/v1`,
    port,
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
    traces: () => rows().map((row) => renderTrace(row)),
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

function listen(http: Server, { port, host }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    http.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is taken, choose another' : error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    http.listen(port, host, () => resolve((http.address() as AddressInfo).port));
  });
}
