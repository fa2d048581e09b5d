/** What a promise resolves to, where that is known already: within some microtasks, or one turn of the event loop. */

import { startTimer, stopTimer } from '../publish/delay.js';

/** As many as it takes Deno and Bun to read what is in memory, and some more. */
const MICROTASKS = 8;

/** @returns undefined where it takes longer, or fails */
export async function soon<T extends object>(promise: Promise<T>): Promise<T | undefined> {
  let known: T | undefined;
  let isOver = false;
  const over = promise.then(
    (value) => {
      known = value;
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  for (let i = 0; i < MICROTASKS && !isOver; i++) await undefined;
  if (!isOver) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = new Promise<void>((resolve) => {
      timer = startTimer(resolve, 0);
    });
    await Promise.race([over, turn]);
    stopTimer(timer);
  }
  return known;
}
