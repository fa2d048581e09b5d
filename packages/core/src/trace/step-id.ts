/** Ids of steps: UUIDs (version 4 by their form) that share the random part that this process drew for the first. */

import { randomUuid } from './random-id.js';

/** Drawn late: on workerd there is no chance before the first request. */
let prefix = '';

/** `000` to `fff`. */
const DIGITS: readonly string[] = Array.from({ length: 4096 }, (_, i) =>
  i.toString(16).padStart(3, '0'),
);

let block = 0;
let blockText = '';
let next = 0;

/** A new id, without asking for chance each time: that alone would cost as much as the rest of a small step. */
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
