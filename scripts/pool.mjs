/** Runs of tests beside each other. */

import { availableParallelism } from 'node:os';

/** Tests wait about as long as they compute: for timers, sockets, and processes that they started. */
const RUNS_PER_PROCESSOR = 2;

/**
 * Starts as many runs at a time as keep all processors busy, in the order of the items. Those that take longest are to come
 * first, so that none of them is left alone at the end.
 * @template Item, Result
 * @param {readonly Item[]} items
 * @param {(item: Item) => Promise<Result>} run
 * @returns {Promise<Result[]>} what each run resolved with, in the same order
 */
export async function runBeside(items, run) {
  const results = [];
  const waiting = [...items.entries()];
  const runWaiting = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, item] = next;
      results[i] = await run(item);
    }
  };
  const processors = availableParallelism();
  const atOnce = processors === 1 ? 1 : processors * RUNS_PER_PROCESSOR;
  await Promise.all(Array.from({ length: atOnce }, runWaiting));
  return results;
}
