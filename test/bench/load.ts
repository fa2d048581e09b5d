/**
 * A load generator in a process of its own. Without a rate, each of the keep-alive connections sends its next request when the
 * last is answered. With a rate, requests leave when they are due, however long the server takes.
 */

import { connect, type Socket } from 'node:net';

export interface Order {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
  /** Requests a second; undefined: as fast as they are answered. */
  readonly rate?: number | undefined;
}

/** Milliseconds from the sending of a request to the last byte of its response. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

const BODY = JSON.stringify({
  question: 'How long may I keep a book, and can I renew it?',
  user: 'u-17',
});

function requestText(id: string): string {
  return `POST /chat HTTP/1.1\r\nHost: bench\r\nX-Request-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
}

let sequence = 0;

/** A keep-alive connection. Responses carry a Content-Length, and one chunk is enough to see it. */
class Connection {
  readonly #socket: Socket;
  #pending = '';
  #sentAt = 0;
  #answered: (millis: number) => void = () => {};
  #failed: (error: Error) => void = () => {};

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('error', (error) => this.#failed(error));
    this.#socket.on('data', (data) => this.#take(data.toString('latin1')));
  }

  /** @returns milliseconds until the response was there */
  send(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#sentAt = performance.now();
      this.#socket.write(requestText(`bench-${process.pid}-${sequence++}`));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  #take(text: string): void {
    this.#pending += text;
    const head = this.#pending.indexOf('\r\n\r\n');
    if (head < 0) return;
    if (!this.#pending.startsWith('HTTP/1.1 200')) {
      this.#failed(new Error(this.#pending.slice(0, 200)));
    }
    const length = Number(/content-length: (\d+)/i.exec(this.#pending)?.[1]);
    if (this.#pending.length < head + 4 + length) return;
    this.#pending = '';
    this.#answered(performance.now() - this.#sentAt);
  }
}

async function saturate({ port, requests, connections }: Order): Promise<number[]> {
  const latencies: number[] = [];
  let left = requests;
  const drive = async (connection: Connection) => {
    while (left-- > 0) latencies.push(await connection.send());
    await connection.close();
  };
  await Promise.all(Array.from({ length: connections }, () => drive(new Connection(port))));
  return latencies;
}

/** Connections are reused, the last one first; one more is opened when all are in use. */
async function keepRate(order: Order, rate: number): Promise<number[]> {
  const { port, requests } = order;
  const latencies: number[] = [];
  const idle: Connection[] = [];
  const all: Connection[] = [];
  let failure: unknown;
  const sendOne = async () => {
    const connection = idle.pop() ?? new Connection(port);
    if (!all.includes(connection)) all.push(connection);
    latencies.push(await connection.send());
    idle.push(connection);
  };
  const start = performance.now();
  for (let sent = 0; sent < requests; ) {
    const due = Math.min(requests, Math.floor(((performance.now() - start) * rate) / 1000));
    for (; sent < due; sent++) sendOne().catch((error: unknown) => (failure ??= error));
    if (failure !== undefined) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (latencies.length < requests && failure === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (failure !== undefined) throw failure;
  await Promise.all(all.map((connection) => connection.close()));
  return latencies;
}

process.on('message', async (order: Order) => {
  const latencies =
    order.rate === undefined ? await saturate(order) : await keepRate(order, order.rate);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  process.send?.({ p50: at(0.5), p99: at(0.99) } satisfies Latencies);
});
process.send?.({ ready: true });
