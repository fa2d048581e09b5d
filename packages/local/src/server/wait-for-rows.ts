import type { EventEmitter } from 'node:events';
import type { LocalServerEvents } from '../reports/events.js';
import type { Store } from '../storage/store.js';
import { assert, assertKnown, formatValue } from '../values/assert.js';

/** Options of `waitForRows()`. A wrong value or an unknown key rejects with a `TypeError`. */
export interface WaitOptions {
  /** Limit for the wait, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /** Waits for the rows of this pipeline, and resolves with them alone. @default all pipelines */
  readonly pipelineId?: string;
}

/** The compiler checks that the list is complete. */
const KNOWN: Readonly<Record<keyof WaitOptions, true>> = { timeoutMs: true, pipelineId: true };

/** The longest time of a timer. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Resolves once the store has `n` rows. Rejects at the timeout, and when the server is closed.
 * @throws TypeError if an argument is wrong
 */
export function waitForRows(
  store: Store,
  events: EventEmitter<LocalServerEvents>,
  n: number,
  options: WaitOptions = {},
): Promise<void> {
  assertKnown(options, KNOWN);
  const { timeoutMs = 5000, pipelineId } = options;
  assert(
    Number.isSafeInteger(n) && n >= 0,
    `waitForRows() takes a number of rows, not ${formatValue(n)}`,
  );
  assert(
    typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_MS,
    `timeoutMs must be a number of milliseconds from 0 to ${MAX_MS}, not ${formatValue(timeoutMs)}`,
  );
  assert(
    pipelineId === undefined || typeof pipelineId === 'string',
    `pipelineId must be a string, not ${formatValue(pipelineId)}`,
  );
  const count = () => (pipelineId === undefined ? store.count : store.countIn(pipelineId));
  if (count() >= n) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      events.off('row', onRow).off('close', onClose);
    };
    const onRow = (_row: unknown, ofPipeline: string) => {
      if (pipelineId !== undefined && ofPipeline !== pipelineId) return;
      if (count() < n) return;
      stop();
      resolve();
    };
    const fail = (why: string) => {
      stop();
      const where = pipelineId === undefined ? '' : ` of pipeline ${pipelineId}`;
      reject(new Error(`${why}: ${count()} of ${n} rows${where} have arrived`));
    };
    const onClose = () => fail('the server was closed');
    const timer = setTimeout(() => fail(`waited ${timeoutMs} ms`), timeoutMs);
    events.on('row', onRow).on('close', onClose);
  });
}
