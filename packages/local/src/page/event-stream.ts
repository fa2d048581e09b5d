import type { ServerResponse } from 'node:http';
import { DATA_HEADERS } from '../http/reply.js';

/** Bytes that may wait in a stream; events beyond are counted, not kept. */
const MAX_WAITING = 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/**
 * Sends events to a page. A page that reads too slowly misses some, and receives the number of new traces that it missed.
 * If it missed another event the stream ends: the page then opens another one and reads the list again.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  #missed = 0;
  #hasGap = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, { ...DATA_HEADERS, 'content-type': 'text/event-stream' });
    // A comment at once shows the page that it is connected.
    response.write(':\n\n');
    this.#heartbeat = setInterval(() => this.#write(':\n\n', 0), HEARTBEAT_MS).unref();
    // No further event may come for a long time.
    response.on('drain', () => this.#flush());
    response.once('close', () => clearInterval(this.#heartbeat));
  }

  /** @param traces how many new traces the event brings; 0 for an event of another kind */
  send(json: string, traces: number): void {
    this.#flush();
    if (traces === 0 && !this.#hasRoom) this.#hasGap = true;
    this.#write(`data: ${json}\n\n`, traces);
  }

  end(): void {
    this.#response.end();
  }

  /** Sends what the page missed, once there is room. */
  #flush(): void {
    if (!this.#hasRoom) return;
    if (this.#hasGap) this.end();
    const missed = this.#missed;
    this.#missed = 0;
    if (missed > 0) this.#write(`data: {"type":"traces","traces":[],"omitted":${missed}}\n\n`, 0);
  }

  get #hasRoom(): boolean {
    return this.#response.writableLength < MAX_WAITING;
  }

  #write(text: string, traces: number): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#hasRoom) this.#response.write(text);
    else this.#missed += traces;
  }
}
