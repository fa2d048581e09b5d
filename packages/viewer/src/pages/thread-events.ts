import type { ServerEvent } from '../../../local/src/page-api.js';

/** A thread as far as it is loaded. */
export interface LoadedThread {
  readonly kind: 'session' | 'user';
  readonly id: string;
  /** Numbers of its requests that are loaded. */
  readonly numbers: ReadonlySet<number>;
  /** Whether it has others, of which nothing is known. */
  readonly hasMore: boolean;
}

/** Whether a thread may have other requests after an event. Each stream has all changes and deletions, whatever its query is. */
export function isAboutThread(
  event: ServerEvent,
  { kind, id, numbers, hasMore }: LoadedThread,
): boolean {
  switch (event.type) {
    case 'traces':
      return true;
    case 'changed':
      return event.traces.some((trace) => trace[kind] === id || numbers.has(trace.number));
    case 'deleted':
      return (
        event.numbers.some((number) => hasMore || numbers.has(number)) ||
        [...numbers].some((number) => number <= event.upTo)
      );
    default:
      return false;
  }
}
