/** Ids of steps: UUIDs of the form of version 4 that share one random prefix per process and count up after it. */

import { randomUuid } from '../../platform/random-id.js';

/** Drawn at the first use: workerd has no random values before the first request. */
let prefix = '';

/** `000` to `fff`. */
const DIGITS: readonly string[] = Array.from({ length: 4096 }, (_, i) =>
  i.toString(16).padStart(3, '0'),
);

let block = 0;
let blockText = '';
let next = 0;

/** A new id. Counting is cheap; a random UUID each time would double the cost of a small step. */
export function newStepId(): string {
  if (blockText === '') {
    prefix = randomUuid().slice(0, 24);
    blockText = `${prefix}000000000`;
  }
  if (next === DIGITS.length) {
    next = 0;
    block++;
    blockText = prefix + block.toString(16).padStart(9, '0');
  }
  return blockText + DIGITS[next++];
}
