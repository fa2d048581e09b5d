/** Waits of different kinds, through which the scope must be carried. */

import { setImmediate as immediately, setTimeout as later } from 'node:timers/promises';

/** Waits some milliseconds or a turn of the event loop, not the same for all. */
export async function pause(n: number): Promise<void> {
  if (n % 3 === 0) await immediately();
  else if (n % 3 === 1) await later(n % 7);
  else await new Promise<void>((resolve) => process.nextTick(resolve));
}

/** A door that a test opens. */
export class Gate {
  readonly passed: Promise<void>;
  open: () => void = () => {};

  constructor() {
    this.passed = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

/** Resolves once the condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 5) {
    if (condition()) return;
    await later(5);
  }
  throw new Error(`waited 10 s for: ${what}`);
}
