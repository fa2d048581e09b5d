/** The thread that reads: it keeps the index up to date and does the reads of the viewer's API. */
import { parentPort, workerData } from 'node:worker_threads';
import { toRefusal } from '../http/refusal.js';
import { openDatabase } from '../storage/database.js';
import { TraceIndex } from '../trace-index/trace-index.js';
import { parseQuery } from '../trace-index/trace-query.js';
import { LiveEvents } from './live-events.js';
import { Reads } from './reads.js';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.js';

const ROWS_CACHE_BYTES = 8 * 1024 * 1024;

const { file, indexFile, sent, maxBytes } = workerData as WorkerStart;
const rows = openDatabase(file, ROWS_CACHE_BYTES);
rows.exec('PRAGMA query_only = ON');
const live = new LiveEvents((upTo) => send({ type: 'sent', upTo }));
const index = new TraceIndex(rows, indexFile, {
  onChanges: (changes) => live.note(index, changes),
  since: sent,
  maxBytes,
});
const reads = new Reads(index);
const running = new Map<number, AbortController>();
const port = parentPort;
if (!port) throw new Error('this is the code of a thread');

const send = (message: FromWorker) => port.postMessage(message);

port.on('message', (message: ToWorker) => {
  if (message.type === 'get') void respond(message);
  else if (message.type === 'cancel') running.get(message.id)?.abort();
  else if (message.type === 'catch-up') void catchUp();
  else if (message.type === 'subscribe') {
    const { id, query } = message;
    live.subscribe(id, parseQuery(new URLSearchParams(query)), (json, traces) =>
      send({ type: 'event', id, json, traces }),
    );
  } else if (message.type === 'unsubscribe') live.unsubscribe(message.id);
  else void stop();
});

async function respond({ id, path, query, context }: ToWorker & { type: 'get' }): Promise<void> {
  const cancel = new AbortController();
  running.set(id, cancel);
  try {
    const json = await reads.get(path, new URLSearchParams(query), context, cancel.signal);
    send({ type: 'response', id, json });
  } catch (error) {
    const { status, message, isViolation } = toRefusal(error);
    send({ type: 'refusal', id, status, message, isViolation });
  } finally {
    running.delete(id);
  }
}

async function catchUp(): Promise<void> {
  // A failure leaves the index as it was: the next catch-up, or the next read, tries again.
  await index.catchUp().catch(() => {});
  const { lastChange, bytes } = index;
  send({ type: 'caught-up', lastChange, indexBytes: bytes });
}

async function stop(): Promise<void> {
  live.close();
  reads.close();
  await index.close();
  rows.close();
  port?.close();
}
