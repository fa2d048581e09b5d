/** The start times of a row's spans, in the order of its steps. */

import { nanoseconds } from './nanoseconds.js';

const NS_IN_MS = 1_000_000n;
const NS_IN_US = 1000n;

/**
 * Rows have whole milliseconds, and backends order spans by their start. A step that began in the same millisecond as the one
 * before it therefore starts a microsecond later than that one, and never before its parent.
 */
export class StartTimes {
  /** By the id of the parent: the start of its last child. */
  readonly #last = new Map<string | undefined, bigint>();

  /** @param startMs epoch milliseconds @param parentSpanId undefined for the root */
  next(startMs: number, spanId: string, parentSpanId: string | undefined): bigint {
    const own = nanoseconds(startMs);
    const last = this.#last.get(parentSpanId);
    const isSame = last !== undefined && own <= last && last < own + NS_IN_MS;
    const start = isSame ? last + NS_IN_US : own;
    this.#last.set(parentSpanId, start);
    // The first child may start with its parent.
    this.#last.set(spanId, start - NS_IN_US);
    return start;
  }
}
