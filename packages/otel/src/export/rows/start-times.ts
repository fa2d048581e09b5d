/** The start times of a row's spans, in the order of its steps. */

import { nanoseconds } from './nanoseconds.js';

const NS_IN_MS = 1_000_000n;
const NS_IN_US = 1000n;

interface Started {
  /** As the row has it. */
  readonly own: bigint;
  /** As it is sent. */
  readonly start: bigint;
}

/**
 * Rows have whole milliseconds, and backends order spans by their start. A step that began in the same millisecond as the one
 * before it therefore starts a microsecond later than that one, and never before its parent. If so many begin in one millisecond
 * that they reach into the next one, those of the next one start after them.
 */
export class StartTimes {
  /** By the id of the parent: its last child. */
  readonly #last = new Map<string | undefined, Started>();

  /** @param startMs epoch milliseconds @param parentSpanId undefined for the root */
  next(startMs: number, spanId: string, parentSpanId: string | undefined): bigint {
    const own = nanoseconds(startMs);
    const last = this.#last.get(parentSpanId);
    // A step that began earlier than the one before it is sent as it is.
    const isInOrder = last !== undefined && last.own < own + NS_IN_MS;
    const start = isInOrder && own <= last.start ? last.start + NS_IN_US : own;
    this.#last.set(parentSpanId, { own, start });
    // The first child may start with its parent.
    this.#last.set(spanId, { own, start: start - NS_IN_US });
    return start;
  }
}
