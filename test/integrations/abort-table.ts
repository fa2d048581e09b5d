/** Asks a client in all cells of a table at once: at each place, in each way to end the call there. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import { PLACES, type Place, type TracedClient, WAYS, type Way } from './abort-clients.ts';
import { rowsOf } from './stage.ts';

/** One call, and what was recorded of it. */
export interface Cell {
  readonly place: Place;
  readonly way: Way;
  /** What the app got. */
  thrown?: unknown;
  /** The steps of the call: that of the model, and those of a framework above it. */
  steps: readonly WireStep[];
}

/** Long enough for all calls of a table to have reached their places. */
const TIMEOUT_MS = 700;
/** How often the table is asked where a timeout was over before its call was at its place. */
const ATTEMPTS = 4;
/** Until the client has read what the server has sent, where the client does not say so. */
const READ_MS = 250;
/** Longer than the timeout. */
const RETRY_AFTER_S = '1';

const isTimeout = (way: Way): boolean =>
  /timeout/.test(way) && way !== 'abort of AbortSignal.any()';

function isAsked(
  { timesOut = [], isRetrying = true }: TracedClient,
  { place, way }: Cell,
): boolean {
  if (place === 'wait' && !isRetrying) return false;
  return way !== "the client's own timeout" || timesOut.includes(place);
}

/** @param where `inside` a request, or each call as a trace of its own */
export async function cellsOf(
  client: TracedClient,
  where: 'inside' | 'outside',
): Promise<readonly Cell[]> {
  for (let attempt = 1; ; attempt++) {
    const { cells, wereAtPlaces } = await askAllCells(client, where);
    if (wereAtPlaces || attempt === ATTEMPTS) return cells;
  }
}

async function askAllCells(
  client: TracedClient,
  where: 'inside' | 'outside',
): Promise<{ readonly cells: readonly Cell[]; readonly wereAtPlaces: boolean }> {
  const cells = PLACES.flatMap((place) => WAYS.map((way): Cell => ({ place, way, steps: [] })))
    .filter((cell) => isAsked(client, cell))
    .filter(({ way }) => where === 'inside' || way !== 'the client of the app leaves');
  using captured = captureTraces();
  const calls = cells.map((cell, i) => new TableCall(client, cell, idOf(i)));
  try {
    await Promise.all(
      calls.map(async (call, i) => {
        if (cells[i]?.way === 'the client of the app leaves') await call.askInRequest();
        else if (where === 'inside') await trace(() => call.ask(), { name: 'request' })();
        else await call.ask();
      }),
    );
    const rows = await rowsOf(captured, cells.length);
    for (const [i, cell] of cells.entries()) {
      const row = rows.find((each) => JSON.stringify(each).includes(idOf(i)));
      cell.steps = row === undefined ? [] : stepsOf(client, row);
    }
    return { cells, wereAtPlaces: calls.every(({ wasAtPlace }) => wasAtPlace) };
  } finally {
    for (const call of calls) call.close();
  }
}

/** Ends in a letter, so that no id is the beginning of another. */
const idOf = (i: number): string => `cell-${i}x`;

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];
const stepsOf = ({ hasRuns = false }: TracedClient, { steps }: WireRow): WireStep[] =>
  steps
    .flatMap(flat)
    .filter(({ type }) => (hasRuns ? type === 'chat_completion' : type !== 'user_call'));

class TableCall {
  readonly #client: TracedClient;
  readonly #cell: Cell;
  readonly #id: string;
  readonly #signals: AbortSignal[] = [];
  readonly #closers: (() => void)[] = [];
  readonly #controller = new AbortController();
  /** Leaves the request; the app's own abort if there is none. */
  #leave: (() => void) | undefined;
  #isOver = false;
  /** Whether the call was at its place before it ended. */
  wasAtPlace = false;

  constructor(client: TracedClient, cell: Cell, id: string) {
    this.#client = client;
    this.#cell = cell;
    this.#id = id;
  }

  /** Closes the servers and their connections. */
  close(): void {
    for (const close of this.#closers) close();
  }

  /** The signal of the call; undefined for the client's own timeout. */
  #signalOf(way: Way, own: AbortSignal): AbortSignal | undefined {
    // Node 20 collects a signal of AbortSignal.any() and its sources although they have listeners.
    const keep = (signal: AbortSignal): AbortSignal => {
      this.#signals.push(signal);
      return signal;
    };
    const any = (timeoutMs: number) =>
      keep(AbortSignal.any([own, keep(AbortSignal.timeout(timeoutMs))]));
    switch (way) {
      case "the client's own timeout":
        return undefined;
      case 'AbortSignal.timeout()':
        return keep(AbortSignal.timeout(TIMEOUT_MS));
      case 'a timeout of AbortSignal.any()':
        return any(TIMEOUT_MS);
      case 'abort of AbortSignal.any()':
        return any(60_000);
      default:
        return own;
    }
  }

  async ask(own: AbortSignal = this.#controller.signal): Promise<void> {
    const { place, way } = this.#cell;
    const url = await this.#listen();
    const signal = this.#signalOf(way, own);
    try {
      await this.#client.ask({
        ...{ url, model: this.#id, isStream: /stream/.test(place) },
        retries: place === 'wait' ? 1 : 0,
        ...(signal === undefined ? { timeoutMs: TIMEOUT_MS } : { signal }),
        received: () => this.#arrive(),
      });
    } catch (error) {
      this.#cell.thrown = error;
    } finally {
      this.#isOver = true;
    }
  }

  /** Asks in a request of an Express app, whose client leaves. */
  async askInRequest(): Promise<void> {
    const left = new AbortController();
    this.#leave = () => left.abort();
    const app = express();
    app.use(openlayerTracing());
    const asked = new Promise<void>((resolve) => {
      app.get('/', async (req, res) => {
        await this.ask(req.trace.signal);
        res.end();
        resolve();
      });
    });
    const server = app.listen(0, '127.0.0.1');
    const url = await this.#urlOf(server);
    await fetch(url, { signal: left.signal }).catch(() => {});
    await asked;
  }

  /** The call is at its place: it ends here, now or by its timeout. */
  #arrive(): void {
    if (!this.#isOver) this.wasAtPlace = true;
    const { way } = this.#cell;
    if (isTimeout(way)) return;
    if (this.#leave !== undefined) this.#leave();
    else if (way === 'abort with a reason') this.#controller.abort(new RangeError('the user left'));
    else this.#controller.abort();
  }

  /** Starts the server of the model. @returns its address */
  #listen(): Promise<string> {
    const listen = (req: IncomingMessage, res: ServerResponse) => {
      req.resume();
      req.on('end', () => this.#respond(res));
    };
    if (this.#client.isHttp2 !== true)
      return this.#urlOf(createServer(listen).listen(0, '127.0.0.1'));
    const sessions = new Set<ServerHttp2Session>();
    const server = createHttp2Server((req, res) =>
      listen(req as unknown as IncomingMessage, res as unknown as ServerResponse),
    ).on('session', (session) => sessions.add(session));
    this.#closers.push(() => {
      for (const session of sessions) session.destroy();
    });
    // An HTTP/2 server has the methods that are called below, except one.
    return this.#urlOf(server.listen(0, '127.0.0.1') as unknown as Server);
  }

  async #urlOf(server: Server): Promise<string> {
    if (!server.listening) await once(server, 'listening');
    this.#closers.push(() => {
      server.closeAllConnections?.();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Sends what the place of the cell needs, and no more. */
  async #respond(res: ServerResponse): Promise<void> {
    const { place } = this.#cell;
    const json = { 'content-type': 'application/json' };
    if (place === 'stream') {
      const { begin, contentType = 'text/event-stream' } = this.#client;
      res.writeHead(200, { 'content-type': contentType });
      res.write(begin(this.#id));
      return;
    }
    if (place === 'wait') {
      res.writeHead(503, { ...json, 'retry-after': RETRY_AFTER_S });
      res.end('{"error":{"message":"try again"}}');
    } else if (place === 'body') {
      res.writeHead(200, json);
      res.write('{"id":');
    }
    await sleep(READ_MS);
    this.#arrive();
  }
}

/** How the cell must end: `left` without an error, `timed out` with an error that says so, or `failed` with another one. */
export function expectedEnd({ limits = [] }: TracedClient, { place, way }: Cell): string {
  const limit = limits.find(({ places, ways }) => places.includes(place) && ways.includes(way));
  return limit?.end ?? (isTimeout(way) ? 'timed out' : 'left');
}

/** How a step ended, in the words of `expectedEnd`. */
export function endOf({ metadata }: WireStep): string {
  const { ended, error } = metadata ?? {};
  if (ended !== undefined) return error === undefined ? String(ended) : `${ended}, ${error}`;
  if (error === undefined) return 'complete';
  return /timed? ?out/i.test(JSON.stringify(error)) ? 'timed out' : 'failed';
}
