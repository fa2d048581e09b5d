/** What LangChain carries along with the code of tools, runnables and nodes of graphs. */

import { type Json, record } from '../common/json.js';

/** Where LangChain keeps its AsyncLocalStorage, and where that keeps what a run hands on to those below it. */
const STORAGE = Symbol.for('ls:tracing_async_local_storage');
const CONFIG = Symbol.for('lc:child_config');

interface Storage {
  getStore(): unknown;
}

/** The id of the run that the running code belongs to; undefined where LangChain does not carry it along. */
export function currentRunId(): unknown {
  const { [STORAGE]: storage } = globalThis as { [STORAGE]?: Storage };
  if (storage === undefined) return undefined;
  const extra = record(record(storage.getStore()).extra) as Json & { [CONFIG]?: unknown };
  const callbacks = record(record(extra[CONFIG]).callbacks) as { getParentRunId?: unknown };
  const { getParentRunId } = callbacks;
  return typeof getParentRunId === 'function' ? getParentRunId.call(callbacks) : undefined;
}
