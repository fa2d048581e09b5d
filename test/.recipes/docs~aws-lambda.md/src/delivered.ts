






// src/delivered.ts
import { flush } from '@openlayer-tracing/express';

/** The same handler, which returns when its trace is delivered, after two seconds at the latest. */
export function delivered<Args extends unknown[], Result>(
  handle: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    try {
      return await handle(...args);
    } finally {
      await flush({ deadlineMs: 2000 });
    }
  };
}
