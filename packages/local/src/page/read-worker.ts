/** The thread that reads: it keeps the index up to date and does the reads of the page's API. */
import { parentPort, workerData } from 'node:worker_threads';
import { toRefusal } from '../http/refusal.js';
import { parseQuery } from '../queries/trace-query.js';
import { type Database, openDatabase } from '../storage/database.js';
import { DamagedIndex, removeIndexFile } from '../trace-index/index-file.js';
import { TraceIndex } from '../trace-index/trace-index.js';
import { errorMessage } from '../values/error-message.js';
import { LiveEvents } from './live-events.js';
import { ReadHandler } from './read-handler.js';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.js';

const ROWS_CACHE_BYTES = 8 * 1024 * 1024;

const { file, indexFile, sent, maxBytes } = workerData as WorkerStart;
const live = new LiveEvents((upTo) => send({ type: 'sent', upTo }));
const { rows, index } = open();
const reads = new ReadHandler(index);
const running = new Map<number, AbortController>();
const port = parentPort;
if (!port) throw new Error('this is the code of a thread');

const send = (message: FromWorker) => port.postMessage(message);

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'get':
      void respond(message);
      break;
    case 'cancel':
      running.get(message.readId)?.abort();
      break;
    case 'catch-up':
      void catchUp();
      break;
    case 'subscribe': {
      const { subscriberId, query } = message;
      live.subscribe(subscriberId, parseQuery(new URLSearchParams(query)), (json, traces) =>
        send({ type: 'event', subscriberId, json, traces }),
      );
      break;
    }
    case 'unsubscribe':
      live.unsubscribe(message.subscriberId);
      break;
    case 'stop':
      void stop();
      break;
  }
});

function open(): { readonly rows: Database; readonly index: TraceIndex } {
  try {
    const rows = openDatabase(file, ROWS_CACHE_BYTES);
    rows.exec('PRAGMA query_only = ON');
    const index: TraceIndex = new TraceIndex(rows, indexFile, {
      onDelta: (delta) => live.note(index, delta),
      onFailure: (error) => send({ type: 'failed', reason: String(error) }),
      since: sent,
      maxBytes,
    });
    return { rows, index };
  } catch (error) {
    // An error of libsql arrives in the main thread without its message.
    throw new Error(errorMessage(error));
  }
}

async function respond(message: ToWorker & { type: 'get' }): Promise<void> {
  const { readId, path, query, context } = message;
  const cancel = new AbortController();
  running.set(readId, cancel);
  try {
    const json = await reads.get(path, new URLSearchParams(query), context, cancel.signal);
    send({ type: 'response', readId, json });
  } catch (error) {
    if (error instanceof DamagedIndex) return startOver(error);
    const { status, message: reason, isViolation } = toRefusal(error);
    send({ type: 'refusal', readId, status, message: reason, isViolation });
  } finally {
    running.delete(readId);
  }
}

async function catchUp(): Promise<void> {
  // A failure leaves the index as it was: the next catch-up, or the next read, tries again.
  await index.catchUp().catch((error: unknown) => {
    if (error instanceof DamagedIndex) startOver(error);
  });
  const { lastChange, bytes } = index;
  send({ type: 'caught-up', indexState: { lastChange, bytes } });
}

/** Ends the thread: the next one writes the index anew. */
function startOver(damage: DamagedIndex): never {
  removeIndexFile(indexFile);
  throw new Error(`${damage.message}: it is written again`, { cause: damage.cause });
}

async function stop(): Promise<void> {
  live.close();
  reads.close();
  await index.close();
  rows.close();
  port?.close();
}
