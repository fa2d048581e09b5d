/** Sends rows by several connections, as fast as they are taken or at a rate. */
import { Agent, request } from 'node:http';
import { CONFIG, rowOf } from './rows.ts';

interface Order {
  readonly url: string;
  readonly from: number;
  readonly to: number;
  /** Rows of one call, as a tracer's batch. */
  readonly batch: number;
  /** Rows a second; undefined: as fast as they are taken. */
  readonly rate?: number;
}

const CONNECTIONS = 4;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
/** One row every 60 ms, ending about now. */
const startOf = (n: number, last: number) => Date.now() - (last - n) * 60;

process.on('message', async (order: Order) => {
  const startedAt = performance.now();
  let next = order.from;
  let bytes = 0;
  const send = async () => {
    while (next < order.to) {
      const from = next;
      next = Math.min(from + order.batch, order.to);
      const rows = Array.from({ length: next - from }, (_, i) =>
        rowOf(from + i, startOf(from + i, order.to)),
      );
      const body = JSON.stringify({ config: CONFIG, rows });
      bytes += body.length;
      if (order.rate !== undefined) {
        const due = startedAt + ((from - order.from) / order.rate) * 1000;
        const wait = due - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      }
      await post(`${order.url}/inference-pipelines/bench/data-stream`, body);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  const seconds = (performance.now() - startedAt) / 1000;
  process.send?.({ seconds, rows: order.to - order.from, bytes });
});
process.send?.('ready');

function post(url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer key',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    call.once('error', reject).end(body);
  });
}
